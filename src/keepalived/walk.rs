//! Pieces to a draft: finds each keyword in its block, matches its arguments, lets it write down what it means.
//!
//! The original has four processes that each read the whole file and skip what is another's. They all complain of what
//! nobody knows, so those complaints come four times; the walk does the same, and [`Report`] keeps one of each for people.

use std::collections::BTreeMap;

use super::{
    draft::Draft,
    keyword::{Block, Call, Closing, Grammar, Keyword, Opens, Status, missing_argument},
    keywords,
    lex::{Gravity, Piece, Quotes, Said, Words},
    lower, numbers,
    report::{Pass, Report},
    system::System,
};
use crate::{
    ir::failover::MissingFeature,
    text::{
        atoms,
        grammar::{self, Arg, Args, Invalid, Kind, Mismatch, Problem, Word},
        source::Span,
    },
};

/// The first three passes; the checks of the VRRP process come between the third and [`walk_last`].
pub fn walk(pieces: &[Piece], system: &dyn System, report: &mut Report) -> Draft {
    let mut draft = Draft::default();
    for pass in [Pass::Global, Pass::Check, Pass::Vrrp] {
        if report.broken() {
            break;
        }
        report.enter(pass);
        // Two processes read these; the second reading is the one that counts.
        draft.files.clear();
        draft.bfds.clear();
        Walker { pieces, at: 0, level: 0, pass, draft: &mut draft, system, report }.whole();
        match pass {
            _ if report.aborted() => {}
            Pass::Global => lower::start_and_end(&mut draft.global.settings, system, report),
            Pass::Check => lower::services(&mut draft, system, report),
            Pass::Vrrp | Pass::Bfd => {}
        }
    }
    draft
}

/// The last pass, which reads the BFD sessions and repeats what nobody understands.
pub fn walk_last(pieces: &[Piece], system: &dyn System, report: &mut Report) -> Draft {
    let mut draft = Draft::default();
    if !report.broken() {
        report.enter(Pass::Bfd);
        Walker { pieces, at: 0, level: 0, pass: Pass::Bfd, draft: &mut draft, system, report }.whole();
    }
    draft
}

struct Walker<'a> {
    pieces: &'a [Piece],
    at: usize,
    level: i64,
    pass: Pass,
    draft: &'a mut Draft,
    system: &'a dyn System,
    report: &'a mut Report,
}

impl Walker<'_> {
    fn whole(mut self) {
        self.block(Block::Top);
        if self.level > 0 {
            let text = format!("There are {} missing '}}'s or extra '{{'s", self.level);
            self.report.general("braces", text);
        }
    }

    fn next(&mut self) -> Option<Piece> {
        if self.report.aborted() {
            return None;
        }
        let mut piece = self.pieces.get(self.at)?.clone();
        self.at += 1;
        while let Piece::Said(at, said) = &piece {
            self.said(*at, said.clone());
            piece = self.pieces.get(self.at)?.clone();
            self.at += 1;
        }
        match &piece {
            Piece::Open(_) => self.level += 1,
            Piece::Close(at) if self.level == 0 => self.report.at("extra-brace", *at, "Extra '}' found"),
            Piece::Close(_) => self.level -= 1,
            Piece::Words(words) => self.check_quotes(words),
            Piece::Said(..) => {}
        }
        Some(piece)
    }

    fn said(&mut self, at: Span, said: Said) {
        match (said.gravity, self.pass) {
            (Gravity::Problem, _) => self.report.at(said.code, at, said.text),
            (Gravity::Notice, Pass::Global) => self.report.notice(said.code, Some(at), said.text),
            (Gravity::Broken, Pass::Global) => self.report.include_failed(said.code, at, said.text),
            (Gravity::Notice | Gravity::Broken, _) => {}
        }
    }

    fn check_quotes(&mut self, words: &Words) {
        let curly = |word: &&Word| word.text.contains(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']);
        if let Some(word) = words.words.iter().find(curly) {
            let text = format!("'{}' is written with typographic quotes, which quote nothing here", word.text);
            self.report.overlooked("curly-quotes", word.at, text, "write \" instead");
        }
        let quotes = Quotes::of(&words.raw);
        if quotes.open {
            self.report.at("unterminated-quote", words.at, format!("Unterminated quote '{}'", words.raw));
        }
        if quotes.odd {
            self.report.at("unmatched-quote", words.at, format!("Unmatched quote: '{}'", words.raw));
        }
    }

    fn next_opens(&self) -> bool {
        matches!(self.pieces.get(self.at), Some(Piece::Open(_)))
    }

    /// Reads keywords up to the end of a block.
    fn block(&mut self, block: Block) {
        let mut seen = BTreeMap::new();
        while let Some(piece) = self.next() {
            match piece {
                Piece::Open(at) => self.report.at("unexpected-brace", at, "Unexpected '{' - ignoring"),
                Piece::Close(_) if block != Block::Top => return,
                Piece::Close(at) => self.unknown(block, "}", at),
                Piece::Words(words) => {
                    self.note_repetition(block, &words, &mut seen);
                    self.keyword(block, &words);
                }
                Piece::Said(..) => {}
            }
        }
    }

    /// A setting that is written twice: the last one counts, and the first was probably not meant to be lost.
    fn note_repetition(&mut self, block: Block, words: &Words, seen: &mut BTreeMap<&'static str, Span>) {
        let Some(keyword) = keywords::find(block, words.keyword()) else { return };
        let is_setting = matches!(keyword.grammar, Grammar::Args([Arg::Value(..), ..]))
            && matches!(keyword.opens, Opens::Nothing)
            && !keyword.adds;
        if let (true, Some(before)) = (is_setting && block != Block::Top, seen.insert(keyword.name, words.at)) {
            let text = format!("'{}' is written twice; only the last one counts", keyword.name);
            self.report.overlooked_also("repeated", words.at, text, (before, "has no effect"));
        }
    }

    /// Words behind the arguments, which the original ignores.
    fn note_rest(&mut self, keyword: &'static Keyword, words: &Words, taken: usize) {
        let rest = &words.arguments()[taken.min(words.arguments().len())..];
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return };
        let is_keyword = keyword.blocks.iter().any(|block| keywords::find(*block, &first.text).is_some());
        let help = if is_keyword { format!("'{}' needs a line of its own", first.text) } else { String::new() };
        let text = format!("what follows the arguments of '{}' is ignored", keyword.name);
        self.report.overlooked("ignored-words", first.at.to(last.at), text, help);
    }

    fn unknown(&mut self, block: Block, word: &str, at: Span) {
        let help = keywords::nearest(block, word).map(|near| format!("did you mean '{near}'?"));
        self.report.unknown(at, format!("Unknown keyword '{word}'"), help);
    }

    fn keyword(&mut self, block: Block, words: &Words) {
        let Some(keyword) = keywords::find(block, words.keyword()) else {
            self.unknown(block, words.keyword(), words.words[0].at);
            return;
        };
        if block == Block::Top && !keyword.passes.contains(&self.pass) {
            self.skip_block();
            return;
        }
        self.note_missing(keyword, words);
        let Some(args) = self.arguments(keyword, words) else {
            if self.report.aborted() {
                return;
            }
            // A block with a bad name is still a block.
            self.inside(keyword, words);
            return;
        };
        self.draft.skip = false;
        let mut call = Call { keyword, words, args, system: self.system, report: self.report };
        (keyword.lower)(self.draft, &mut call);
        if std::mem::take(&mut self.draft.skip) {
            self.skip_block();
            return;
        }
        self.inside(keyword, words);
    }

    /// Passes over a block that belongs to another process, or that is to be ignored.
    fn skip_block(&mut self) {
        if !self.next_opens() {
            return;
        }
        let mut depth = 0;
        while let Some(piece) = self.next() {
            match piece {
                Piece::Open(_) => depth += 1,
                Piece::Close(_) => depth -= 1,
                Piece::Words(_) | Piece::Said(..) => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn inside(&mut self, keyword: &'static Keyword, words: &Words) {
        let known = !matches!(keyword.status, Status::Missing | Status::MissingExtra);
        let is_named = matches!(keyword.grammar, Grammar::Args([_, ..]));
        if let (true, Opens::List(_), [extra, ..]) = (known && !is_named, keyword.opens, words.arguments()) {
            let text = format!("Block {} has extra parameters {} ...", keyword.name, extra.text);
            self.report.at("extra-words", extra.at, text);
        }
        match keyword.opens {
            Opens::Nothing => return,
            Opens::Block(block) => {
                self.opened(words);
                self.block(block);
            }
            // A list whose first line is its end is empty, brace or not.
            Opens::List(_) if matches!(self.pieces.get(self.at), Some(Piece::Close(_))) => {
                self.next();
            }
            Opens::List(entry) => {
                self.opened(words);
                self.list(keyword, entry);
            }
        }
        let at = self.pieces[..self.at.min(self.pieces.len())].last().map_or(words.at, Piece::at);
        (keyword.close)(self.draft, &mut Closing { at, system: self.system, report: self.report });
    }

    /// The `{` should be next. Without it the original complains of the next line and goes on as if it were there.
    fn opened(&mut self, words: &Words) {
        if self.next_opens() {
            self.next();
        } else {
            let at = self.pieces.get(self.at).map_or(words.at, Piece::at);
            self.report.at("missing-brace", at, "Missing '{' at beginning of configuration block");
        }
    }

    fn list(&mut self, keyword: &'static Keyword, entry: fn(&mut Draft, &mut Call<'_>)) {
        let mut depth = 0;
        while let Some(piece) = self.next() {
            match piece {
                Piece::Close(_) if depth == 0 => return,
                Piece::Close(_) => depth -= 1,
                Piece::Open(_) => depth += 1,
                Piece::Words(words) => {
                    let args = Args::default();
                    let mut call = Call { keyword, words: &words, args, system: self.system, report: self.report };
                    entry(self.draft, &mut call);
                }
                Piece::Said(..) => {}
            }
        }
    }

    fn note_missing(&mut self, keyword: &'static Keyword, words: &Words) {
        let fatal = match keyword.status {
            Status::Missing => true,
            Status::MissingExtra => false,
            Status::Works | Status::Tuning | Status::Legacy => return,
        };
        let at = words.at;
        let text = format!("WARNING - '{}' is not implemented yet", keyword.name);
        self.report.notice("not-implemented", Some(at), text);
        self.draft.missing.push(MissingFeature { keyword: keyword.name, at, fatal });
    }

    /// The arguments, or `None` when one is wrong and said to be.
    fn arguments(&mut self, keyword: &'static Keyword, words: &Words) -> Option<Args> {
        let Grammar::Args(args) = keyword.grammar else { return Some(Args::default()) };
        let positional = args.iter().all(|arg| matches!(arg, Arg::Value(..) | Arg::Optional(..)));
        // Further words are ignored, as in the original, where the grammar is only words.
        let count = if positional { args.len().min(words.arguments().len()) } else { words.arguments().len() };
        if keyword.status == Status::Works {
            self.note_rest(keyword, words, count);
        }
        self.note_decimals(args, &words.arguments()[..count]);
        match grammar::match_words(args, &words.arguments()[..count], words.at.after()) {
            Ok(matched) => Some(matched),
            Err(mismatches) => {
                mismatches.iter().for_each(|mismatch| self.mismatch(keyword, words, mismatch));
                beginning(args, words)
            }
        }
    }

    /// Times are read to the microsecond.
    fn note_decimals(&mut self, args: &[Arg], words: &[Word]) {
        for (arg, word) in args.iter().zip(words) {
            let is_time = matches!(arg, Arg::Value(_, Kind::Seconds(..)) | Arg::Optional(_, Kind::Seconds(..)));
            if is_time && word.text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 6) {
                let text = format!("number '{}' has too many decimal places", word.text);
                self.report.at("bad-number", word.at, text);
            }
        }
    }

    fn mismatch(&mut self, keyword: &'static Keyword, words: &Words, mismatch: &Mismatch) {
        let word = &mismatch.word;
        let problem = match &mismatch.problem {
            Problem::Missing(_) => {
                missing_argument(words, self.report);
                return;
            }
            Problem::Invalid(_, Invalid::NotSeconds | Invalid::OutOfRange(0.., _)) if is_negative(word) => {
                Some(format!("negative number '{word}'"))
            }
            Problem::Invalid(name, Invalid::OutOfRange(..) | Invalid::NotAnInteger)
                if exceeds(keyword, name, word).is_some() =>
            {
                exceeds(keyword, name, word).map(|kind| format!("number '{word}' outside {kind} range"))
            }
            Problem::Invalid(_, Invalid::NotAnInteger | Invalid::NotSeconds) => {
                Some(format!("invalid number '{word}'"))
            }
            Problem::Invalid(_, Invalid::OutOfRange(low, high)) => {
                Some(format!("number '{word}' outside range [{low}, {high}]"))
            }
            Problem::Invalid(_, Invalid::SecondsOutOfRange(low, high)) => Some(format!(
                "number '{word}' outside range [{}.{:06}, {}.{:06}]",
                low / 1_000_000,
                low % 1_000_000,
                high / 1_000_000,
                high % 1_000_000
            )),
            _ => None,
        };
        if let Some(problem) = problem {
            self.report.at("bad-number", mismatch.at, problem);
        }
        // A delay that is no number at all gets only the first line from the original.
        let unread = matches!(mismatch.problem, Problem::Invalid(_, Invalid::NotSeconds)) && !is_negative(word);
        let said_enough = unread && may_be_zero(keyword);
        if !said_enough && !keyword.invalid.is_empty() {
            let text = keyword.invalid.replace("{name}", &self.draft.owner()).replace("{word}", word);
            self.report.at("bad-argument", mismatch.at, text);
        }
    }
}

fn is_negative(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.parse::<f64>().is_ok())
}

/// Whether a delay may be nothing, as words without a number in front are then taken for.
fn may_be_zero(keyword: &Keyword) -> bool {
    matches!(keyword.grammar, Grammar::Args([Arg::Value(_, Kind::Seconds(0, _))]))
}

/// The arguments of a delay whose word is no number: the number that it begins with counts all the same.
fn beginning(args: &'static [Arg], words: &Words) -> Option<Args> {
    let ([Arg::Value(_, Kind::Seconds(0, _))], Some(word)) = (args, words.arguments().first()) else { return None };
    if is_negative(&word.text) || atoms::seconds(&word.text).is_some() {
        return None;
    }
    let end = word.text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.text.len());
    let begins = if atoms::seconds(&word.text[..end]).is_some() { &word.text[..end] } else { "0" };
    let word = Word { text: begins.to_owned(), ..word.clone() };
    grammar::match_words(args, &[word], words.at.after()).ok()
}

/// The C type that a number does not even fit into.
fn exceeds(keyword: &Keyword, name: &str, word: &str) -> Option<&'static str> {
    let Grammar::Args(args) = keyword.grammar else { return None };
    let low = args.iter().find_map(|arg| match arg {
        Arg::Value(of, Kind::Int(low, _)) | Arg::Optional(of, Kind::Int(low, _)) if *of == name => Some(*low),
        _ => None,
    })?;
    numbers::beyond(word, low)
}
