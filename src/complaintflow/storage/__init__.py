"""How complaints are kept: the port and its adapters."""
