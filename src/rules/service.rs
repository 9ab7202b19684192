//! Built-in services that a rule may answer with (`http-request use-service`).

/// One service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Statistics as Prometheus reads them.
    Prometheus,
}

impl Service {
    pub const ALL: &[Self] = &[Self::Prometheus];

    /// Its name in configurations and in `-vv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus-exporter",
        }
    }

    /// What log lines call it in a server's place.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Prometheus => "<PROMEX>",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|service| service.name() == name)
    }
}
