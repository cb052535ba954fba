"""The part of a contract that describes texts; importable without an engine."""

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from headrace.errors import DataError
from headrace.features.contract_spec import FittedFile, InputSpec


class Tokenizer(BaseModel):
    """The tokenizer that encoded a table's texts; id 0 is padding, id 1 an unknown token.

    Attributes:
        file: a Hugging Face `tokenizers` JSON file, relative to the table's folder; named by its hash, never rewritten.
        vocabulary_size: number of token ids; every id is smaller.
        max_length: maximum number of tokens of a stored text.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["word", "bpe"]
    file: str
    sha256: str
    vocabulary_size: int
    max_length: int


class TextSpec(InputSpec):
    """Texts as tokens, in as few bytes as the vocabulary needs; a model receives int32 always."""

    kind: Literal["text"] = "text"
    tokenizer: Tokenizer

    fitted_name: ClassVar[str] = "tokenizer.json"
    model_dtype: ClassVar[str | None] = "int32"

    @property
    def fitted(self) -> FittedFile:
        """See `InputSpec`."""
        return FittedFile(self.fitted_name, self.tokenizer.file, self.tokenizer.sha256)

    def with_fitted(self, path: str) -> Self:
        """See `InputSpec`."""
        return self.model_copy(update={"tokenizer": self.tokenizer.model_copy(update={"file": path})})

    @property
    def layout(self) -> str:
        """See `InputSpec`."""
        one = self.tokenizer
        return f"tokenizer {one.kind}, {one.vocabulary_size} tokens, at most {one.max_length}"

    @property
    def vocabulary(self) -> Tokenizer:
        """See `InputSpec`."""
        return self.tokenizer

    @property
    def structure(self) -> object:
        """See `InputSpec`."""
        return [self.tokenizer.vocabulary_size, self.tokenizer.max_length]

    def require_same(self, table: Self, table_name: object) -> None:
        """See `InputSpec`."""
        model, other = self.tokenizer, table.tokenizer
        if model.sha256 != other.sha256:
            raise DataError(
                f"The bundle was trained with another tokenizer than {table_name} is prepared with: "
                f"{model.vocabulary_size} and {other.vocabulary_size} tokens, SHA-256 {model.sha256[:12]} and "
                f"{other.sha256[:12]}. Prepare the table with the bundle's tokenizer."
            )


SPEC = TextSpec
