"""The sandbox for hostile content: processes that can only read the content that they are sent and answer."""
