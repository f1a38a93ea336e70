"""The demo: a site on loopback, with cameras, edge and service."""
