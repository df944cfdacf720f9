//! The part of a proposal that is about one key. It is live where what is there proves it, and a comment where it is
//! only likely.

use super::Around;
use super::lasting::{encryption, pair};
use super::names::{Kind, keeps_previous_of, kind};
use super::served::served;
use super::shape::{issued, shape};
use crate::config::longest;
use crate::secret::{SecretName, SecretValue};

/// What is proposed for one key.
pub(super) struct Block {
    pub(super) name: String,
    /// What is said of it.
    pub(super) remarks: Vec<String>,
    /// The lines of its table; none where nothing can be proposed.
    pub(super) lines: Vec<String>,
    pub(super) group: Option<&'static str>,
    pub(super) live: bool,
    /// What a person is asked where it is a comment that may become live.
    pub(super) question: Option<String>,
}

impl Block {
    pub(super) fn of(name: &str, live: bool) -> Block {
        let (remarks, lines) = (Vec::new(), Vec::new());
        Block { name: name.to_owned(), remarks, lines, group: None, live, question: None }
    }

    pub(super) fn remark(mut self, remark: String) -> Block {
        self.remarks.push(remark);
        self
    }

    /// The text; `grouped`: whether its group has more members.
    pub(super) fn text(&self, grouped: bool) -> String {
        let mut text: String = self.remarks.iter().map(|remark| format!("# {remark}\n")).collect();
        if self.lines.is_empty() {
            return text;
        }
        let mark = if self.live { "" } else { "# " };
        let group = self.group.filter(|_| grouped).map(|group| format!("group = {group:?}"));
        let name = SecretName::parse(&self.name).map_or_else(|_| self.name.clone(), |name| name.in_policy());
        let head = format!("[secret.{name}]");
        for line in std::iter::once(&head).chain(&self.lines).chain(&group) {
            text += &format!("{mark}{line}\n");
        }
        text
    }
}

/// What is proposed for the key; `fed` are the URLs that another key feeds already.
pub(super) fn block(
    around: &Around<'_>,
    name: &str,
    value: &SecretValue,
    fed: &mut Vec<String>,
) -> Option<Block> {
    let (written, made) = around.written(name);
    let what = match kind(name, value) {
        Kind::Setting if !written || made.is_none() => return None,
        Kind::Setting => Kind::Other,
        other => other,
    };
    let taken = around.named.iter().any(|(other, _)| keeps_previous_of(name, other));
    if value.is_empty() || taken || fed.iter().any(|url| url == name) {
        return None;
    }
    let every = format!("every = \"{}d\"", around.days(name, what));
    let previous = around.named.iter().find(|(other, _)| keeps_previous_of(other, name)).map(|(n, _)| *n);
    let mut block = match what {
        Kind::Foreign => {
            let mut block = Block::of(name, written).remark(format!(
                "\"{name}\" comes from elsewhere: `reseal rotate {name}` asks for the new one"
            ));
            block.lines.push("generate = \"prompt\"".into());
            // TOML keeps a text in single quotes as it is
            block.lines.extend(issued(value).map(|pattern| format!("matches = '{pattern}'")));
            block.lines.push(every);
            return Some(block);
        }
        Kind::Encryption => return Some(encryption(around, name, value, previous, every)),
        Kind::Pair => return Some(pair(around, name, value, every)),
        _ => Block::of(name, true),
    };
    block.lines.push(match (longest(name), made) {
        // its reader takes no more; what fits is weaker than the floor asks for
        (Some((_, most)), _) if most < 16 => format!("generate = \"password:{most}\"\nentropy-floor = 40"),
        (_, Some(made)) => format!("generate = \"{}\"", made.spec()),
        (_, None) => format!("generate = \"{}\"", shape(value)),
    });
    block.lines = block.lines.iter().flat_map(|l| l.split('\n').map(str::to_owned)).collect();
    block.lines.push(every);
    if let Some(previous) = previous {
        block.lines.push(format!("previous = {{ key = {previous:?}, keep-for = \"24h\" }}"));
    }
    block.group =
        Some(if what == Kind::Signing { "signing" } else { "password" }).filter(|_| what != Kind::Other);
    Some(served(around, block, value, fed))
}
