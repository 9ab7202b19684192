//! What a keyword of this language is: where it stands, what it takes, what it means, and how far it works.

use super::{
    draft::Draft,
    lex::Words,
    report::{Pass, Report},
    system::System,
};
use crate::text::{
    grammar::{Arg, Args, Word},
    source::Span,
};

/// A block that keywords stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    Top,
    Global,
    Instance,
    Authentication,
    AuthHmac,
    SyncGroup,
    Script,
    TrackProcess,
    TrackFile,
    GarpGroup,
    TrackGroup,
    Ssl,
    Bfd,
    VirtualServer,
    RealServer,
    HttpGet,
    SslGet,
    HttpUrl,
    SslUrl,
    TcpCheck,
    UdpCheck,
    PingCheck,
    DnsCheck,
    SmtpCheck,
    SmtpHost,
    MiscCheck,
    FileCheck,
    BfdCheck,
}

impl Block {
    /// As documentation and the list of keywords write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Top => "(top level)",
            Self::Global => "global_defs",
            Self::Instance => "vrrp_instance",
            Self::Authentication => "vrrp_instance > authentication",
            Self::AuthHmac => "vrrp_instance > auth_hmac",
            Self::SyncGroup => "vrrp_sync_group",
            Self::Script => "vrrp_script",
            Self::TrackProcess => "vrrp_track_process",
            Self::TrackFile => "track_file",
            Self::GarpGroup => "garp_group",
            Self::TrackGroup => "track_group",
            Self::Ssl => "SSL",
            Self::Bfd => "bfd_instance",
            Self::VirtualServer => "virtual_server",
            Self::RealServer => "virtual_server > real_server",
            Self::HttpGet => "virtual_server > real_server > HTTP_GET",
            Self::SslGet => "virtual_server > real_server > SSL_GET",
            Self::HttpUrl => "virtual_server > real_server > HTTP_GET > url",
            Self::SslUrl => "virtual_server > real_server > SSL_GET > url",
            Self::TcpCheck => "virtual_server > real_server > TCP_CHECK",
            Self::UdpCheck => "virtual_server > real_server > UDP_CHECK",
            Self::PingCheck => "virtual_server > real_server > PING_CHECK",
            Self::DnsCheck => "virtual_server > real_server > DNS_CHECK",
            Self::SmtpCheck => "virtual_server > real_server > SMTP_CHECK",
            Self::SmtpHost => "virtual_server > real_server > SMTP_CHECK > host",
            Self::MiscCheck => "virtual_server > real_server > MISC_CHECK",
            Self::FileCheck => "virtual_server > real_server > FILE_CHECK",
            Self::BfdCheck => "virtual_server > real_server > BFD_CHECK",
        }
    }
}

/// How far a keyword works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Works,
    /// Accepted, and honestly without effect here.
    Tuning,
    /// An old name; works, with a warning that names the new form.
    Legacy,
    /// Known, not implemented. `-t` warns, a start is refused.
    Missing,
    /// Known, not implemented, and nothing that service depends on: a start warns and goes on.
    MissingExtra,
}

/// What the words behind a keyword are.
#[derive(Debug, Clone, Copy)]
pub enum Grammar {
    Args(&'static [Arg]),
    /// Read by the keyword itself.
    Custom(&'static str),
}

/// What a keyword opens.
#[derive(Debug, Clone, Copy)]
pub enum Opens {
    Nothing,
    Block(Block),
    /// Lines that are no keywords, each handed to the function.
    List(fn(&mut Draft, &mut Call<'_>)),
}

/// One keyword.
#[derive(Clone, Copy)]
pub struct Keyword {
    pub name: &'static str,
    pub blocks: &'static [Block],
    pub grammar: Grammar,
    pub opens: Opens,
    /// Which process reads it. Only keywords of the top level need one.
    pub passes: &'static [Pass],
    /// The original's complaint about an argument. `{name}` is the block's name, `{word}` the argument.
    pub invalid: &'static str,
    /// Written again it adds to what was written before, rather than taking its place.
    pub adds: bool,
    pub status: Status,
    pub doc: &'static str,
    pub examples: &'static [&'static str],
    pub rejects: &'static [&'static str],
    pub lower: fn(&mut Draft, &mut Call<'_>),
    /// At the end of the block.
    pub close: fn(&mut Draft, &mut Closing<'_>),
}

/// The defaults of a keyword.
pub const KEYWORD: Keyword = Keyword {
    name: "",
    blocks: &[],
    grammar: Grammar::Args(&[]),
    opens: Opens::Nothing,
    passes: &[Pass::Vrrp],
    invalid: "",
    adds: false,
    status: Status::Works,
    doc: "",
    examples: &[],
    rejects: &[],
    lower: |_, _| {},
    close: |_, _| {},
};

/// A keyword that is known and not implemented.
#[must_use]
pub const fn missing(name: &'static str, blocks: &'static [Block], doc: &'static str) -> Keyword {
    Keyword { name, blocks, grammar: Grammar::Custom("..."), status: Status::Missing, doc, ..KEYWORD }
}

/// A keyword that is known, not implemented, and missed by nobody's clients.
#[must_use]
pub const fn extra(name: &'static str, blocks: &'static [Block], doc: &'static str) -> Keyword {
    Keyword { status: Status::MissingExtra, ..missing(name, blocks, doc) }
}

/// A keyword whose effect is tuning that this program does not need.
#[must_use]
pub const fn tuning(name: &'static str, blocks: &'static [Block], doc: &'static str) -> Keyword {
    Keyword { status: Status::Tuning, ..missing(name, blocks, doc) }
}

impl Keyword {
    /// The same with a block behind it.
    #[must_use]
    pub const fn opening(self, block: Block) -> Self {
        Self { opens: Opens::Block(block), ..self }
    }

    /// The same with a list behind it whose lines nobody reads.
    #[must_use]
    pub const fn listing(self) -> Self {
        Self { opens: Opens::List(|_, _| {}), ..self }
    }

    /// The same, read by other processes.
    #[must_use]
    pub const fn in_passes(self, passes: &'static [Pass]) -> Self {
        Self { passes, ..self }
    }

    /// The line that documentation shows.
    #[must_use]
    pub fn syntax(&self) -> String {
        let arguments = match self.grammar {
            Grammar::Args(args) => crate::text::grammar::syntax(args),
            Grammar::Custom(syntax) => syntax.to_owned(),
        };
        format!("{} {arguments}", self.name).trim_end().to_owned()
    }
}

/// The end of a block.
pub struct Closing<'a> {
    /// Its last brace, or what stands where that should be.
    pub at: Span,
    pub system: &'a dyn System,
    pub report: &'a mut Report,
}

/// A keyword met in a file.
pub struct Call<'a> {
    pub keyword: &'static Keyword,
    pub words: &'a Words,
    /// Matched against [`Grammar::Args`]; empty for custom ones and list lines.
    pub args: Args,
    pub system: &'a dyn System,
    pub report: &'a mut Report,
}

impl Call<'_> {
    /// The n-th word behind the keyword.
    #[must_use]
    pub fn word(&self, index: usize) -> Option<&Word> {
        self.words.arguments().get(index)
    }

    #[must_use]
    pub fn text(&self, index: usize) -> Option<&str> {
        self.word(index).map(|word| word.text.as_str())
    }

    /// The line ends too early; nothing after it counts.
    pub fn missing_argument(&mut self) {
        missing_argument(self.words, self.report);
    }

    /// A complaint about this line.
    pub fn complain(&mut self, code: &'static str, text: impl Into<String>) {
        self.report.at(code, self.words.at, text);
    }

    /// `on off true false yes no`; a keyword alone means yes.
    #[must_use]
    pub fn switch(&self) -> Option<bool> {
        match self.text(0) {
            None | Some("on" | "true" | "yes") => Some(true),
            Some("off" | "false" | "no") => Some(false),
            Some(_) => None,
        }
    }
}

/// What is said of a line that ends too early.
pub(super) fn missing_argument(words: &Words, report: &mut Report) {
    let name = words.keyword();
    let last = words.words.last().map_or(name, |word| word.text.as_str());
    let position = words.words.len() + 1;
    let text = format!(
        "*** Configuration line starting `{name}` is missing a parameter after keyword `{last}` at word position {position}"
    );
    report.missing_argument(words.at, text);
}
