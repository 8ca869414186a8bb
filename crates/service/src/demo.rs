//! What the demo data of all services agree on: the same every time, on every machine.

/// The seed of everything that is drawn by chance.
pub const SEED: u64 = 42;

/// How many demo accounts there are. In an empty database their ids are 1 to this number.
pub const ACCOUNTS: usize = 40;
