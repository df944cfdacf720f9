//! A first `reseal.toml`, guessed from the names and the shapes of what is there, from the compose files, and from the
//! script or the page by which somebody rotates until now. It holds no value, and what is only likely stands in it as a
//! comment: the operator decides.

mod block;
mod compose;
mod deploy;
mod faults;
mod lasting;
mod names;
mod period;
mod procedure;
mod served;
mod server;
mod shape;
mod shell;
mod tell;
mod yaml;

use super::Config;
use crate::secret::SecretValue;
use block::{Block, block};
use compose::{Keys, Origin, Stack};
use names::{Kind, is_name, is_way};
use procedure::Procedure;
use server::Keeper;
use shell::Made;

/// What the folder holds besides the sealed file.
#[derive(Default)]
pub struct Folder<'a> {
    /// The sealed file, as the policy names it.
    pub sealed: &'a str,
    /// The plaintext file that it takes the place of.
    pub plain: &'a str,
    /// A wrapper script: the command that runs it, and its text.
    pub wrapper: Option<(String, String)>,
    /// The compose files: names and texts.
    pub compose: Vec<(String, String)>,
    /// Scripts and pages that rotate: names and texts.
    pub scripts: Vec<(String, String)>,
}

/// What is proposed, and why.
pub struct Proposal {
    /// The text of the policy.
    pub policy: String,
    /// What was understood, a line each.
    pub understood: Vec<String>,
    /// What was not.
    pub unclear: Vec<String>,
    /// What is wrong with the scripts, with file and line.
    pub faults: Vec<String>,
    /// What a person may decide: the key, and the question.
    pub doubts: Vec<(String, String)>,
}

/// All that a block may ask for.
struct Around<'a> {
    folder: &'a Folder<'a>,
    named: &'a [(&'a str, &'a SecretValue)],
    stack: &'a Stack,
    keepers: Vec<Keeper>,
    procedures: Vec<Procedure>,
    /// The wrapper, read like one of them.
    wrapper: Option<Procedure>,
    /// Secret files of compose: the key whose value they hold, and the path.
    files: Vec<(String, String)>,
}

impl Around<'_> {
    /// Whether a procedure changes the key, and how it makes the value.
    fn written(&self, name: &str) -> (bool, Option<Made>) {
        let mut found = self.procedures.iter().filter_map(|p| p.rotates.get(name)).peekable();
        (found.peek().is_some(), found.find_map(|rotated| rotated.made))
    }

    fn days(&self, name: &str, what: Kind) -> u32 {
        let said = |find: &dyn Fn(&Procedure) -> Option<u32>| self.procedures.iter().find_map(find);
        said(&|p| p.periods.get(name).copied())
            .or_else(|| said(&|p| p.tiers.get(&what).copied()))
            .or_else(|| said(&|p| p.period.filter(|_| p.rotates.contains_key(name))))
            .unwrap_or_else(|| what.days())
    }

    /// Whether a service reads the text of the env file.
    fn reads_file(&self) -> bool {
        self.stack.services.values().any(|s| s.env_files.iter().any(|file| file == self.folder.plain))
    }
}

/// A policy for these entries; `agreed` are the keys of doubts that somebody said yes to.
pub fn propose(folder: &Folder<'_>, entries: &[(&[u8], &SecretValue)], agreed: &[String]) -> Proposal {
    let named: Vec<(&str, &SecretValue)> = entries
        .iter()
        .filter_map(|(name, value)| Some((is_name(name).or_else(|| is_way(name))?, *value)))
        .collect();
    let keys = Keys { file: folder.plain, names: named.iter().map(|(name, _)| *name).collect() };
    let mut stack = Stack::default();
    let mut unclear = Vec::new();
    for (name, text) in &folder.compose {
        if !stack.add(text) {
            unclear.push(format!("{name} cannot be read as YAML: what it says is not part of the proposal"));
        }
    }
    let value = |key: &str| {
        named.iter().find(|(name, _)| *name == key).and_then(|(_, v)| v.expose_str()).map(str::to_owned)
    };
    let files = stack.secrets.iter().filter_map(|(secret, origin)| match origin {
        Origin::File(path) => Some((stack.key_of(secret, &keys)?, path.trim_start_matches("./").to_owned())),
        Origin::Variable(_) => None,
    });
    let around = Around {
        folder,
        named: &named,
        keepers: server::keepers(&stack, &keys, &value),
        procedures: folder.scripts.iter().map(|(name, text)| Procedure::read(name, text, &keys)).collect(),
        files: files.filter(|(_, path)| !path.starts_with('/') && !path.contains("..")).collect(),
        wrapper: folder.wrapper.as_ref().map(|(name, text)| Procedure::read(name, text, &keys)),
        stack: &stack,
    };
    let head = format!(
        "# Proposed by `reseal init`; no secret belongs in here.\nfile = {:?}\n{}\n{}{}",
        folder.sealed,
        deploy::consumers(&around),
        deploy::deploy(&around),
        deploy::probes(&around)
    );
    let mut fed = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    for (name, value) in around.named {
        if !blocks.iter().any(|block| block.name == *name) {
            blocks.extend(block(&around, name, value, &mut fed));
        }
    }
    // a URL that one key feeds is no secret of its own
    blocks.retain(|block| !fed.contains(&block.name));
    for name in agreed {
        let meant = blocks.iter_mut().find(|block| block.name == *name && block.question.is_some());
        meant.into_iter().for_each(|block| block.live = true);
    }
    let policy = sound(&head, &mut blocks);
    let doubts =
        blocks.iter().filter(|b| !b.live).filter_map(|b| Some((b.name.clone(), b.question.clone()?)));
    let (understood, more) = tell::understood(&around, &blocks);
    unclear.extend(more);
    let faults = tell::faults(&around);
    Proposal { doubts: doubts.collect(), policy, understood, unclear, faults }
}

/// The text in which every live part passes together with those before it; what does not becomes a comment.
fn sound(head: &str, blocks: &mut [Block]) -> String {
    let text = text_of(head, blocks);
    if Config::parse(&text).is_ok() {
        return text;
    }
    let meant: Vec<bool> = blocks.iter_mut().map(|block| std::mem::take(&mut block.live)).collect();
    for (i, meant) in meant.into_iter().enumerate() {
        blocks[i].live = meant;
        if meant && Config::parse(&text_of(head, blocks)).is_err() {
            blocks[i].live = false;
            blocks[i].remarks.push("as it stands, this contradicts another part of the policy".into());
        }
    }
    text_of(head, blocks)
}

fn text_of(head: &str, blocks: &[Block]) -> String {
    let grouped = |block: &Block| {
        block.group.is_some()
            && blocks.iter().filter(|other| other.live && other.group == block.group).count() > 1
    };
    let parts: Vec<String> = blocks.iter().map(|block| block.text(block.live && grouped(block))).collect();
    (head.to_owned() + &parts.join("\n")).trim_end().to_owned() + "\n"
}

/// `1 key`, `2 keys`.
fn counted(n: usize) -> String {
    if n == 1 { "1 key".into() } else { format!("{n} keys") }
}

#[cfg(test)]
mod tests;
