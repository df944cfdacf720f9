//! Metadata as the tree that it is. YAML and JSON hold it as such; env and INI files hold one line for each of its
//! leaves, named by the way to it: `age__list_0__map_recipient`.

use std::collections::BTreeMap;

use super::metadata::damaged;
use crate::error::Result;

/// A part of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meta {
    /// In the order of the file.
    Map(Vec<(String, Meta)>),
    List(Vec<Meta>),
    Text(String),
    /// A number, a boolean or a null, as it is written.
    Bare(String),
}

impl Meta {
    /// What stands under a name.
    pub(super) fn get(&self, name: &str) -> Option<&Meta> {
        match self {
            Meta::Map(entries) => entries.iter().find(|(n, _)| n == name).map(|(_, m)| m),
            _ => None,
        }
    }

    /// A text, number or boolean that is not empty. A null is nothing.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Meta::Text(text) => Some(text.as_str()).filter(|t| !t.is_empty()),
            Meta::Bare(text) => Some(text.as_str()).filter(|t| !matches!(*t, "" | "null" | "~")),
            _ => None,
        }
    }

    /// The elements of a list; none where there is no such list.
    pub(super) fn list(&self, name: &str) -> &[Meta] {
        match self.get(name) {
            Some(Meta::List(all)) => all,
            _ => &[],
        }
    }

    /// Puts something under a name: in the place of what stands there, or at the end.
    pub(super) fn put(&mut self, name: &str, value: Meta) {
        let Meta::Map(entries) = self else { return };
        match entries.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => entries.push((name.to_owned(), value)),
        }
    }

    /// Takes a name away.
    pub(super) fn drop(&mut self, name: &str) {
        if let Meta::Map(entries) = self {
            entries.retain(|(n, _)| n != name);
        }
    }

    /// Sorts every map by name, as sops writes it since 3.13.
    pub(super) fn sort(&mut self) {
        match self {
            Meta::Map(entries) => {
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                entries.iter_mut().for_each(|(_, m)| m.sort());
            }
            Meta::List(all) => all.iter_mut().for_each(Meta::sort),
            _ => {}
        }
    }

    /// Whether it stands as [`Meta::sort`] would leave it.
    pub(super) fn is_sorted(&self) -> bool {
        match self {
            Meta::Map(entries) => {
                entries.is_sorted_by(|a, b| a.0 <= b.0) && entries.iter().all(|(_, m)| m.is_sorted())
            }
            Meta::List(all) => all.iter().all(Meta::is_sorted),
            _ => true,
        }
    }

    /// One line for each leaf: its name and its text, in order.
    pub(super) fn flatten(&self) -> Vec<(String, &str)> {
        let mut lines = Vec::new();
        self.flatten_into(None, &mut lines);
        lines
    }

    /// `name` is the way here, none at the top: a key may be empty as well.
    fn flatten_into<'a>(&'a self, name: Option<&str>, lines: &mut Vec<(String, &'a str)>) {
        match self {
            Meta::Map(entries) => {
                for (key, value) in entries {
                    let name = name.map_or_else(|| key.clone(), |name| format!("{name}__map_{key}"));
                    value.flatten_into(Some(&name), lines);
                }
            }
            Meta::List(all) => {
                let name = name.unwrap_or_default();
                for (at, value) in all.iter().enumerate() {
                    value.flatten_into(Some(&format!("{name}__list_{at}")), lines);
                }
            }
            Meta::Text(text) | Meta::Bare(text) => lines.push((name.unwrap_or_default().to_owned(), text)),
        }
    }

    /// The tree that the lines of a flat file say. `prefix` is what a name starts with in the file, for messages.
    pub(super) fn gather<'a>(lines: impl Iterator<Item = (&'a str, String)>, prefix: &str) -> Result<Meta> {
        let mut root = Node::default();
        for (name, value) in lines {
            let mut node = &mut root;
            for (depth, part) in name.split("__").enumerate() {
                node = match part.strip_prefix("list_").filter(|_| depth > 0) {
                    Some(at) => node.list.entry(index(at)?).or_default(),
                    None => {
                        let key = if depth == 0 { part } else { part.strip_prefix("map_").unwrap_or(part) };
                        if !node.map.contains_key(key) {
                            node.order.push(key.to_owned());
                        }
                        node.map.entry(key.to_owned()).or_default()
                    }
                };
            }
            if node.text.replace(value).is_some() {
                return Err(damaged(format!("metadata line \"{prefix}{name}\" stands twice")).hint(
                    "merging two versions of a sealed file by hand leaves such lines; take one version whole",
                ));
            }
        }
        root.finish(prefix)
    }
}

#[derive(Default)]
struct Node {
    text: Option<String>,
    map: BTreeMap<String, Node>,
    order: Vec<String>,
    list: BTreeMap<usize, Node>,
}

impl Node {
    /// `name` is how lines of this part start, for messages.
    fn finish(mut self, name: &str) -> Result<Meta> {
        let kinds = [self.text.is_some(), !self.map.is_empty(), !self.list.is_empty()];
        if kinds.iter().filter(|k| **k).count() > 1 {
            return Err(damaged(format!("metadata \"{name}\" is a text in one line and more in another")));
        }
        if let Some(text) = self.text {
            return Ok(Meta::Text(text));
        }
        if self.list.is_empty() {
            let mut entries = Vec::new();
            for key in self.order {
                let Some(node) = self.map.remove(&key) else { continue };
                let below =
                    if name.ends_with('_') || name.is_empty() { format!("{name}{key}") } else { key.clone() };
                entries.push((key, node.finish(&below)?));
            }
            return Ok(Meta::Map(entries));
        }
        let mut all = Vec::new();
        for (at, node) in self.list {
            if at != all.len() {
                return Err(damaged(if name.ends_with("key_groups") {
                    "a key group is missing from the metadata".to_owned()
                } else {
                    format!("recipient {} of list \"{name}\" is missing", all.len())
                }));
            }
            all.push(node.finish(name)?);
        }
        Ok(Meta::List(all))
    }
}

fn index(digits: &str) -> Result<usize> {
    // a list longer than this is not a list of people
    digits
        .parse()
        .ok()
        .filter(|n| *n < 10_000)
        .ok_or_else(|| damaged("a metadata line has a list index that is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(lines: &[(&str, &str)]) -> Result<Meta> {
        Meta::gather(lines.iter().map(|(n, v)| (*n, (*v).to_owned())), "sops_")
    }

    #[test]
    fn what_is_flattened_is_gathered_again() {
        let lines = [
            ("age__list_0__map_enc", "E"),
            ("age__list_0__map_recipient", "a"),
            ("age__list_1__map_recipient", "b"),
            ("kms__list_0__map_context__map_Env", "c"),
            ("kms__list_0__map_aws_profile", ""),
            ("mac", "M"),
        ];
        let meta = gather(&lines).unwrap();
        let flat = meta.flatten();
        assert_eq!(flat.iter().map(|(n, v)| (n.as_str(), *v)).collect::<Vec<_>>(), lines);
        assert_eq!(meta.list("age").len(), 2);
        assert_eq!(meta.text("mac"), Some("M"));
    }

    #[test]
    fn a_key_that_is_empty_is_a_step_of_the_way() {
        let lines = [("__map_enc", "E"), ("age", "a")];
        let meta = gather(&lines).unwrap();
        assert_eq!(meta.text("enc"), None);
        let flat = meta.flatten();
        assert_eq!(flat.iter().map(|(n, v)| (n.as_str(), *v)).collect::<Vec<_>>(), lines);
    }

    #[test]
    fn what_older_versions_guess_about_is_refused() {
        for lines in [
            &[("mac", "a"), ("mac", "b")][..],
            &[("age__list_1__map_enc", "a")],
            &[("age__list_x__map_enc", "a")],
            &[("age", "a"), ("age__list_0__map_enc", "a")],
            &[("age__list_99999999__map_enc", "a")],
        ] {
            assert!(gather(lines).is_err(), "{lines:?}");
        }
    }
}
