"""Files of the second lens-finding challenge: import and export."""
