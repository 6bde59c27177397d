"""The small language model: the text that it reads, its process, and the gateway's side of that process."""
