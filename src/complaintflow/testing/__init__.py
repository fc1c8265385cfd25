"""The testing kit: laws and random histories, for hosts and for stores. Needs the extra ``testing``."""
