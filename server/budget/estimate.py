"""What a text costs a model's context, in tokens; every other file here is measured with this one."""

BYTES_PER_TOKEN = 2  # training logs measure ~2.0 bytes an o200k token, Chinese 2.4, tracebacks 3.3


def size(text: str) -> int:
    """UTF-8 bytes; a lone surrogate counts as three, what its replacement would take."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def tokens(text: str) -> int:
    """ceil(UTF-8 bytes / 2): never far under a real tokenizer, at most about half over."""
    return -(-size(text) // BYTES_PER_TOKEN)


def room(max_tokens: int) -> int:
    """The bytes that max_tokens allow."""
    return max(0, max_tokens) * BYTES_PER_TOKEN
