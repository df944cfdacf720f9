//! The text of a hook: a block between two marks. Lines outside of it belong to others and stay.

use super::ThisProgram;
use crate::disk;

/// The line with which the block begins, up to what is told to people.
const BEGIN: &str = "# reseal: begin";
const END: &str = "# reseal: end";
const SHELL: &str = "#!/bin/sh\n";

/// What is looked at, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Commit,
    Push,
}

impl Moment {
    pub(super) const ALL: [Moment; 2] = [Moment::Commit, Moment::Push];

    /// The name of the hook, which is that of its file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Moment::Commit => "pre-commit",
            Moment::Push => "pre-push",
        }
    }

    /// The file to which a hook goes that was there before.
    pub(super) fn before(self) -> String {
        format!("{}.before-reseal", self.name())
    }
}

/// The block. It fails where the program is not found, because a guard that is not there must not look like one that
/// found nothing.
pub(super) fn block(moment: Moment, program: &ThisProgram) -> String {
    let (name, before, place) = (moment.name(), moment.before(), disk::quoted(&program.place));
    let mut tries = Vec::new();
    if program.by_name {
        tries.push(("command -v reseal >/dev/null 2>&1".to_owned(), "reseal".to_owned()));
    }
    tries.push((format!("test -x {place}"), place.clone()));
    let mut find = String::new();
    for (i, (test, word)) in tries.iter().enumerate() {
        find += &format!("{} {test}; then\n  reseal={word}\n", if i == 0 { "if" } else { "elif" });
    }
    let (chain, look) = match moment {
        Moment::Commit => {
            ("  \"$before\" \"$@\" || exit\n", "\"$reseal\" scan --staged || exit\n".to_owned())
        }
        // what is pushed stands on standard input: local name and commit, remote name and commit, zeros for none
        Moment::Push => (
            "  printf '%s\\n' \"$pushed\" | \"$before\" \"$@\" || exit\n",
            "while read -r _ commit _; do\n  \
               case $commit in *[!0]*) ;; *) continue ;; esac\n  \
               \"$reseal\" scan --history \"$commit --not --remotes=$1\" </dev/null || exit\n\
             done <<RESEAL\n$pushed\nRESEAL\n"
                .to_owned(),
        ),
    };
    let read = if moment == Moment::Push { "pushed=$(cat)\n" } else { "" };
    format!(
        "{BEGIN}: made by `reseal hook install`, taken away by `reseal hook uninstall`; other lines stay\n\
         {read}before=${{0%/*}}/{before}\n\
         if test -x \"$before\"; then\n{chain}fi\n\
         {find}else\n  \
           echo 'reseal: error: the guard cannot look: reseal is not found' >&2\n  \
           echo \"reseal: hint: install reseal, or take the guard away: delete $0 or the block in it\" >&2\n  \
           exit 1\n\
         fi\n\
         {look}\
         {END} ({name})\n"
    )
}

/// A hook with such a block.
pub(super) struct Script<'a> {
    head: &'a str,
    pub(super) block: &'a str,
    tail: &'a str,
}

impl<'a> Script<'a> {
    /// `None` where there is no block.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let line = |start: usize, mark: &str| {
            let at = if text[start..].starts_with(mark) {
                Some(start)
            } else {
                text[start..].find(&format!("\n{mark}")).map(|at| start + at + 1)
            };
            at.map(|at| (at, text[at..].find('\n').map_or(text.len(), |n| at + n + 1)))
        };
        let (begin, inner) = line(0, BEGIN)?;
        let (_, end) = line(inner, END)?;
        Some(Script { head: &text[..begin], block: &text[begin..end], tail: &text[end..] })
    }

    /// The same with another block.
    pub(super) fn with(&self, block: &str) -> String {
        [self.head, block, self.tail].concat()
    }

    /// What others have written; `None` where that is nothing.
    pub(super) fn others(&self) -> Option<String> {
        let rest = [self.head, self.tail].concat();
        (!rest.strip_prefix(SHELL).unwrap_or(&rest).trim().is_empty()).then_some(rest)
    }
}

/// A hook that has nothing but the block.
pub(super) fn whole(block: &str) -> String {
    format!("{SHELL}{block}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_replaced_and_taken_out_and_the_rest_stays() {
        let program = ThisProgram { by_name: true, place: "/a b/reseal".into() };
        for moment in Moment::ALL {
            let block = block(moment, &program);
            assert!(block.contains("test -x '/a b/reseal'"), "{block}");
            let text = whole(&block);
            let script = Script::of(&text).unwrap();
            assert_eq!((script.block, script.others()), (&*block, None));
            let more = format!("{text}make check\n");
            let script = Script::of(&more).unwrap();
            assert_eq!(script.others().unwrap(), "#!/bin/sh\nmake check\n");
            assert_eq!(script.with("x\n"), "#!/bin/sh\nx\nmake check\n");
            // without its end it is no block
            assert!(Script::of(&text[..text.len() - 30]).is_none());
        }
        assert!(Script::of("#!/bin/sh\nreseal scan --staged\n").is_none());
    }
}
