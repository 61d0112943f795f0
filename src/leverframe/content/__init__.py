"""Object storage for the back office (https://developmentseed.org/obstore/), a room a kind, and the formats of entries. Imported only where sites are configured."""
