//! What `hawser lab` can be told on its command line.

use std::path::PathBuf;

/// When the story is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal that does not say `NO_COLOR`.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of `hawser lab`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Your haproxy.cfg, for both balancers (default: a small website's)
    #[arg(long, value_name = "FILE")]
    pub haproxy_cfg: Option<PathBuf>,
    /// Your keepalived.conf: once for both balancers, or twice, for the first and for the second
    #[arg(long, value_name = "FILE", num_args = 1..=2)]
    pub keepalived_conf: Vec<PathBuf>,
    /// The haproxy to run: once, or twice for the first and the second balancer (default: the one beside `hawser`)
    #[arg(long, value_name = "BINARY", num_args = 1..=2)]
    pub haproxy: Vec<PathBuf>,
    /// The keepalived to run, likewise
    #[arg(long, value_name = "BINARY", num_args = 1..=2)]
    pub keepalived: Vec<PathBuf>,
    /// Open a shell on a host (client, hap1, hap2, web1, web2) instead of telling the story; joins a lab left by --keep
    #[arg(long, value_name = "HOST")]
    pub shell: Option<String>,
    /// Leave the pair running after the story, until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// One JSON object per observation, and one at the end
    #[arg(long)]
    pub json: bool,
    /// When to colour the story
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Use a user namespace even as root, as an ordinary user must
    #[arg(long)]
    pub user_namespace: bool,
}
