"""XML from strangers: one hardened way to parse it, for every format of this layer that is XML."""
