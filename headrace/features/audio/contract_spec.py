"""The part of a contract that describes audio; importable without an engine."""

from typing import Literal, Self

from headrace.errors import DataError
from headrace.features.contract_spec import InputSpec


class AudioSpec(InputSpec):
    """Audio.

    Attributes:
        rate: samples per second.
    """

    kind: Literal["audio"] = "audio"
    rate: int

    @property
    def structure(self) -> object:
        """See `InputSpec`."""
        return self.rate

    def require_same(self, table: Self, table_name: object) -> None:
        """See `InputSpec`."""
        if self.rate != table.rate:
            raise DataError(
                f"The bundle takes audio of {self.rate} samples per second, but {table_name} holds audio of "
                f"{table.rate}. Prepare the table with the bundle's settings."
            )

    def interface_change(self, new: Self) -> str | None:
        """See `InputSpec`."""
        same = self.rate == new.rate
        return None if same else f"Audio had {self.rate} samples per second and has {new.rate}."

    def transfer_changes(self, table: Self, table_name: object) -> list[str]:
        """See `InputSpec`."""
        if self.rate == table.rate:
            return []
        return [
            f"The pretrained bundle was trained on audio of {self.rate} samples per second, the table holds audio of "
            f"{table.rate}."
        ]


SPEC = AudioSpec
