"""Internet mail (RFC 5322, RFC 2045): entities as exact bytes, what people read of them, receipts, automatic answers."""
