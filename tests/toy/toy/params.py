"""Section ``toy`` of ``pipelines/toy/params.yaml``."""

from lensfinder.params.base import Model, PositiveCount, TiledSection


class Toy(TiledSection):
    """Objects in each tile of each sample, and the networks."""

    tiles: PositiveCount
    objects_per_tile: PositiveCount
    models: dict[str, Model]

    @property
    def n_tiles(self) -> int:
        """Tiles of both samples."""
        return self.tiles
