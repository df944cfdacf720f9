//! `public` and `[scan]`: what the guard looks for beyond what it sees by itself, and what it leaves alone.

use super::fields::Fields;
use crate::error::Result;

/// `public` and `[scan]`
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ScanConfig {
    /// Keys of sealed files whose values may stand anywhere.
    pub public: Vec<String>,
    /// Keys of sealed files that are searched for although they look public.
    pub secret: Vec<String>,
    /// Patterns of paths where only known values are looked for.
    pub exclude: Vec<String>,
}

impl ScanConfig {
    pub(super) fn parse(top: &mut Fields<'_>) -> Result<Self> {
        let mut config = ScanConfig { public: top.strings("public")?.unwrap_or_default(), ..Self::default() };
        if let Some(mut table) = top.table("scan")? {
            config.secret = table.strings("secret")?.unwrap_or_default();
            config.exclude = table.strings("exclude")?.unwrap_or_default();
            table.finish()?;
        }
        match config.public.iter().find(|key| config.secret.contains(key)) {
            Some(key) => Err(top.lacks(format!("{key:?} is both public and secret"))),
            None => Ok(config),
        }
    }
}
