//! What the routers look like to people and programs: the texts of the dumps.
