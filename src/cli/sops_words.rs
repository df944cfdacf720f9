//! What sops's users have in their fingers. `exec-env` and `exec-file` are the same as sops's, and safer: the command gets
//! neither the age key nor a way to it, and a file lies in RAM where nobody else sees it.
#![expect(clippy::disallowed_methods, reason = "starts the command, with a name of its own for the file")]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::args::{ExecArgs, ExecEnvArgs, ExecFileArgs, Global};
use super::container::format_of_word;
use super::report::Report;
use super::session::Session;
use super::{exec, hold};
use crate::disk::{self, Namespace};
use crate::error::{Error, Result};
use crate::process::is_key_variable;

pub(super) fn exec_env(global: &Global, args: &ExecEnvArgs, report: &Report) -> Result<()> {
    report.note("`exec-env` is sops's word; here it is `reseal exec -- COMMAND…`, without a shell");
    let global = Global { file: Some(args.input.clone()), ..global.clone() };
    let command = ["/bin/sh", "-c", &args.command].map(OsString::from).to_vec();
    let exec =
        ExecArgs { pristine: args.pristine, env_file: Vec::new(), env_format: "compose".into(), command };
    exec::run(&global, &exec, report)
}

pub(super) fn exec_file(global: &Global, args: &ExecFileArgs, report: &Report) -> Result<()> {
    report
        .note("`exec-file` is sops's word; for env files there is `reseal exec --env-file PATH -- COMMAND…`");
    let session = Session::about(global, Some(&args.input))?;
    let input = args.input_type.as_deref().map(format_of_word).transpose()?;
    let output = args.output_type.as_deref().map(format_of_word).transpose()?;
    let name = match &args.filename {
        Some(name) if name.is_empty() || name.as_bytes().contains(&b'/') => {
            return Err(Error::usage("`--filename` is a name and no path"));
        }
        Some(name) => name.clone(),
        None => plain_file_name(&args.input),
    };
    let (place, namespace) = prepare(&name).map_err(exec::not_started)?;
    let open = session.opened(session.sealed_as(input)?, report).map_err(exec::not_started)?;
    let text = match output {
        Some(format) if format != open.format() => open.written_as(format, None)?,
        _ => open.plain()?,
    };
    namespace.cover(&place, &text).map_err(exec::not_started)?;
    drop((text, open));
    namespace.settle();
    let path = disk::quoted(&place);
    let mut command = Command::new("/bin/sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_key_variable(name)) {
        command.env_remove(name);
    }
    exec::become_it(command.arg("-c").arg(args.command.replace("{}", &path)), report)
}

/// `set FILE '["KEY"]'` and `unset FILE '["KEY"]'`, with the file in front as sops has it: what is meant then.
pub(super) fn file_first(global: &Global, file: &str, key: &str) -> Option<Global> {
    let is_sops_form = key.starts_with("[\"") && disk::stat(Path::new(file)).is_some_and(|s| s.is_file);
    is_sops_form.then(|| Global { file: Some(PathBuf::from(file)), ..global.clone() })
}

/// Everything that can be done before there is a value in memory. `--no-fifo` needs nothing: it is never a pipe, which
/// could be read only once.
fn prepare(name: &OsStr) -> Result<(PathBuf, Namespace)> {
    let mut unique = OsString::from(format!("reseal-{}-", std::process::id()));
    unique.push(name);
    let places = hold::places(&[std::env::temp_dir().join(unique)])?;
    let place = places.into_iter().next().ok_or_else(|| Error::failed("there is no place for the file"))?;
    Ok((place, Namespace::enter()?))
}

/// The name without what says that it is sealed: programs go by the ending.
fn plain_file_name(input: &Path) -> OsString {
    let name = input.file_name().unwrap_or_default().to_string_lossy();
    let name = ["enc", "age"].iter().find_map(|end| name.strip_suffix(&format!(".{end}"))).unwrap_or(&name);
    OsString::from(name)
}
