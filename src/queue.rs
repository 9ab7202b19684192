//! Who waits for a server slot, and who is woken when one is free.
