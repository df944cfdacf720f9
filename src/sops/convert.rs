//! The values of a file, or of a part of it, as the text of another format.
//!
//! Layout and comments belong to the file that they stand in and stay behind. What a format cannot hold is refused.

use serde_json::{Map, Number, Value};

use super::create::read_out;
use super::open::{Entry, Held, Open};
use super::path::{self, Part};
use super::store::Format;
use super::tree::{Kind, Step, Tree, key_of};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

impl Open {
    /// All values of the first document as JSON has them.
    pub(crate) fn values(&self) -> Result<Value> {
        nested(&self.tree, &self.file, &self.held)
    }

    /// Of the values that are wanted, by their names, those that an environment can hold: of a file of lines all, of a
    /// tree the ones at its top, under their keys as they are.
    pub(crate) fn variables(&self, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<Entry<'_>>> {
        let mut all = Vec::new();
        for ((_, leaf, _), entry) in self.filled().zip(self.entries()).filter(|(_, entry)| wanted(entry.name))
        {
            let key = leaf.step.as_ref().and_then(|step| key_of(step, &self.file));
            // the root of the first document is the first branch
            let Some(name) = key.filter(|_| leaf.branch == 0) else {
                let name = String::from_utf8_lossy(entry.name).into_owned();
                return Err(Error::failed(format!(
                    "\"{name}\" stands in a map or list, which an environment cannot hold"
                ))
                .hint("hand the file over as it is: `reseal exec-file`, or `reseal export --format json`"));
            };
            all.push(Entry { name, ..entry });
        }
        Ok(all)
    }

    /// All values, or those at and below a name, as a text of `format`. A single value is written bare, without a line
    /// end, as sops extracts it.
    pub(crate) fn written_as(&self, format: Format, below: Option<&str>) -> Result<SecretValue> {
        let Some(name) = below else { return written(&self.values()?, format) };
        // the bytes themselves: a value need not be UTF-8, nor the others
        if let Some(at) = self.leaf(name.as_bytes())
            && matches!(self.held[at].plain.kind, Kind::Str | Kind::Time)
        {
            return Ok(SecretValue::concat(&[self.held[at].plain.text.expose()]));
        }
        let whole = self.values()?;
        let not_there = || Error::failed(format!("{name:?} is not in the file")).hint("see `reseal list`");
        // in a file of lines a dot is a part of the key
        let parts = match (self.tree.flat, self.tree.canonical(name.as_bytes())) {
            (true, key) => vec![Part::Key(String::from_utf8_lossy(&key).into_owned())],
            (false, _) => path::parse(name)?,
        };
        let part = parts.iter().try_fold(&whole, |value, part| match part {
            Part::Key(key) => value.get(key),
            Part::Index(at) => value.get(at),
        });
        match part.ok_or_else(not_there)? {
            Value::String(text) => Ok(SecretValue::concat(&[text.as_bytes()])),
            Value::Null => Ok(SecretValue::new(b"null".to_vec())),
            Value::Bool(is) => Ok(SecretValue::new(is.to_string().into_bytes())),
            Value::Number(number) => Ok(SecretValue::new(number.to_string().into_bytes())),
            // lines are no form for a part of a tree
            part => written(part, if format == Format::Dotenv { Format::Json } else { format }),
        }
    }
}

/// A plaintext of one format as a plaintext of another.
pub fn convert(plain: &SecretValue, from: Format, to: Format) -> Result<SecretValue> {
    if from == to {
        return Ok(SecretValue::concat(&[plain.expose()]));
    }
    let wrapped = from.store().wrap(plain.expose()).map(SecretValue::new);
    let plain = wrapped.as_ref().unwrap_or(plain);
    let tree = from.store().read(plain.expose())?;
    let held = read_out(from, &tree, plain.expose());
    written(&nested(&tree, plain.expose(), &held)?, to)
}

fn written(value: &Value, format: Format) -> Result<SecretValue> {
    let mut out = Vec::new();
    match format {
        Format::Json => {
            // an own value always becomes JSON
            serde_json::to_writer_pretty(&mut out, value).map_err(|e| Error::failed(e.to_string()))?;
            out.push(b'\n');
        }
        Format::Yaml => yaml(value, 0, &mut out),
        Format::Dotenv => lines(value, &mut out)?,
        Format::Binary => match value.get("data") {
            Some(Value::String(text)) => out.extend_from_slice(text.as_bytes()),
            _ => {
                return Err(Error::failed(
                    "there is no \"data\" in it, which is what a binary file is made of",
                ));
            }
        },
        Format::Ini => {
            return Err(Error::failed("values of another format are not written as INI")
                .hint("write them as dotenv, YAML or JSON"));
        }
    }
    Ok(SecretValue::new(out))
}

/// The first document as nested values. A key twice: the last value counts.
fn nested(tree: &Tree, file: &[u8], held: &[Held]) -> Result<Value> {
    let mut root = Value::Object(Map::new());
    for (leaf, held) in tree.leaves.iter().zip(held) {
        let Some(step) = &leaf.step else { continue };
        let chain = tree.chain(leaf.branch);
        // an element of a list can be a comment; other documents have no place in one tree
        if held.plain.kind == Kind::Comment || chain[0] != 0 {
            continue;
        }
        let mut at = &mut root;
        for branch in &chain[1..] {
            let branch = &tree.branches[*branch];
            let Some(step) = &branch.step else { continue };
            let empty = if branch.list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
            at = child(at, step, file, empty)?;
        }
        *child(at, step, file, Value::Null)? = scalar(&file[leaf.span.clone()], held)?;
    }
    Ok(root)
}

fn child<'a>(at: &'a mut Value, step: &Step, file: &[u8], new: Value) -> Result<&'a mut Value> {
    match at {
        Value::Array(all) => {
            // elements that are comments leave no gap
            let there = matches!((step, &new), (Step::Index(_), Value::Object(_) | Value::Array(_)));
            if let Step::Index(place) = step
                && *place < all.len()
                && there
            {
                return Ok(&mut all[*place]);
            }
            all.push(new);
            let last = all.len() - 1;
            Ok(&mut all[last])
        }
        Value::Object(map) => {
            let key = key_of(step, file).unwrap_or_default();
            let key = std::str::from_utf8(key).map_err(|_| {
                Error::failed("a key is not UTF-8, which this format demands")
                    .hint("hand the values over in the environment with `reseal exec`")
            })?;
            Ok(map.entry(key).or_insert(new))
        }
        _ => Err(Error::failed("a key stands in the file as a value and as more than one")),
    }
}

fn scalar(token: &[u8], held: &Held) -> Result<Value> {
    let plain = &held.plain;
    let text = plain.text.expose_str().ok_or_else(|| {
        Error::failed("a value is not UTF-8, which this format demands")
            .hint("hand the values over in the environment with `reseal exec`")
    })?;
    Ok(match plain.kind {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(text.eq_ignore_ascii_case("true")),
        Kind::Int | Kind::Float => {
            let number = serde_json::from_str::<Number>(text).ok();
            number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
        }
        Kind::Empty if token.ends_with(b"]") => Value::Array(Vec::new()),
        Kind::Empty => Value::Object(Map::new()),
        Kind::Str | Kind::Time | Kind::Comment => Value::String(text.to_owned()),
    })
}

/// Block style; texts in double quotes, which every version of YAML reads alike.
fn yaml(value: &Value, depth: usize, out: &mut Vec<u8>) {
    let indent = |out: &mut Vec<u8>| out.extend(std::iter::repeat_n(b' ', 2 * depth));
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                indent(out);
                quoted(key, out);
                out.push(b':');
                below(value, depth, out);
            }
        }
        Value::Array(all) if !all.is_empty() => {
            for value in all {
                indent(out);
                out.push(b'-');
                below(value, depth, out);
            }
        }
        value => {
            inline(value, out);
            out.push(b'\n');
        }
    }
}

fn below(value: &Value, depth: usize, out: &mut Vec<u8>) {
    let nested =
        value.as_object().is_some_and(|m| !m.is_empty()) || value.as_array().is_some_and(|a| !a.is_empty());
    if nested {
        out.push(b'\n');
        return yaml(value, depth + 1, out);
    }
    out.push(b' ');
    inline(value, out);
    out.push(b'\n');
}

fn inline(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => quoted(text, out),
        Value::Object(_) => out.extend_from_slice(b"{}"),
        Value::Array(_) => out.extend_from_slice(b"[]"),
        value => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

/// A double-quoted YAML scalar.
pub fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend([b'\\', c as u8]),
            '\n' => out.extend_from_slice(b"\\n"),
            // what YAML forbids, takes for a line end in one version only, or for a mark
            '\0'..=' '
            | '\x7f'..='\u{a0}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}'
                if c != ' ' =>
            {
                out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes());
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

fn lines(value: &Value, out: &mut Vec<u8>) -> Result<()> {
    for (key, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => {
                return Err(Error::failed(format!(
                    "{key:?} is more than one value, which a line cannot hold"
                ))
                .hint("write the values as YAML or JSON"));
            }
        };
        let name = key.as_bytes();
        if name.is_empty() || name[0] == b'#' || name.starts_with(b"sops_") || key.contains(['=', '\n']) {
            return Err(Error::failed(format!("{key:?} is no name that a line can start with")));
        }
        out.extend_from_slice(name);
        out.push(b'=');
        if text.contains("\\n") {
            return Err(Error::failed(format!(
                "the value of {key:?} holds a backslash before an n, which would be read as a line feed"
            )));
        }
        out.extend_from_slice(text.replace('\n', "\\n").as_bytes());
        out.push(b'\n');
    }
    Ok(())
}
