"""The network: the base encoder's six layers, and for each rule a head that attends to the tokens that speak for it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: The base encoder's shape (its config.json).
VOCABULARY, POSITIONS, TYPES, WIDTH, INNER, LAYERS, ATTENTIONS, EPSILON = 30522, 512, 2, 384, 1536, 6, 12, 1e-12
DROPOUT = 0.1
#: What a token that is padding has in its attention: nothing.
NOTHING = -1e4


class Layer(nn.Module):  # type: ignore[misc]
    """One layer of the encoder, its parts named as in BERT."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.attended_norm, self.outer_norm = (nn.LayerNorm(WIDTH, eps=EPSILON) for _ in range(2))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        batch, tokens, _ = hidden.shape
        shape = (batch, tokens, ATTENTIONS, WIDTH // ATTENTIONS)
        query, key, value = (made(hidden).view(shape).transpose(1, 2) for made in (self.query, self.key, self.value))
        key = key * (WIDTH // ATTENTIONS) ** -0.5
        attention = torch.softmax(query @ key.transpose(2, 3) + mask, dim=-1)
        mixed = (attention @ value).transpose(1, 2).reshape(batch, tokens, WIDTH)
        hidden = self.attended_norm(hidden + self.attended(mixed))
        outer = self.outer(functional.gelu(self.inner(hidden)))
        normed: Tensor = self.outer_norm(hidden + outer)
        return normed


class Network(nn.Module):  # type: ignore[misc]
    """The encoder with a head for each rule."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(TYPES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.dropout = nn.Dropout(DROPOUT)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.attend, self.say = nn.Linear(WIDTH, heads), nn.Linear(WIDTH, heads)
        nn.init.zeros_(self.attend.weight)
        nn.init.zeros_(self.attend.bias)

    def hidden(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the last layer's vector of each token."""
        places = torch.arange(input_ids.shape[1], device=input_ids.device).unsqueeze(0)
        hidden = self.words(input_ids) + self.positions(places) + self.types.weight[0]
        hidden = self.norm(hidden)
        mask = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * NOTHING
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return hidden

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the log-odds of a finding, for each text and head."""
        hidden = self.dropout(self.hidden(input_ids, attention_mask))
        padding = (1.0 - attention_mask[:, :, None].to(hidden.dtype)) * NOTHING
        share = torch.softmax(self.attend(hidden) + padding, dim=1)
        return (share * self.say(hidden)).sum(dim=1)


def renamed(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the published encoder's tensors by the names of `Network`; its pooler, which isn't used, is left out."""
    names = {
        "attention.self.query": "query",
        "attention.self.key": "key",
        "attention.self.value": "value",
        "attention.output.dense": "attended",
        "attention.output.LayerNorm": "attended_norm",
        "intermediate.dense": "inner",
        "output.dense": "outer",
        "output.LayerNorm": "outer_norm",
    }
    found = {
        "words.weight": published["embeddings.word_embeddings.weight"],
        "positions.weight": published["embeddings.position_embeddings.weight"],
        "types.weight": published["embeddings.token_type_embeddings.weight"],
        **{f"norm.{kind}": published[f"embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")},
    }
    for layer in range(LAYERS):
        for theirs, ours in names.items():
            for kind in ("weight", "bias"):
                found[f"layers.{layer}.{ours}.{kind}"] = published[f"encoder.layer.{layer}.{theirs}.{kind}"]
    return found
