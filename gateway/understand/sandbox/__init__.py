"""Where hostile content is opened: processes that can do nothing but read what they are sent and answer."""
