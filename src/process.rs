//! Shared shell: daemons, privileges, signals, systemd.
