//! The shell of `keepalived`: supervisor, VRRP child, scripts, notifications.
