"""What others would build this service with: servers of Node that do the same work."""

from bench.peers.better_auth import BetterAuth
from bench.peers.mercurius import Mercurius
from bench.peers.postgraphile import PostGraphile

__all__ = ["BetterAuth", "Mercurius", "PostGraphile"]
