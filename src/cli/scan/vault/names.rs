//! Which tracked files may be sealed ones: all but those whose names say that a program or a person reads them.

/// Kinds of files that nobody seals under such a name: sources, prose, pictures, archives, fonts, sound.
const NEVER: &[&str] = &[
    "7z", "a", "adoc", "ai", "avi", "avif", "bash", "bat", "bmp", "bz2", "c", "cc", "cjs", "class", "clj",
    "cmake", "cpp", "cs", "css", "csv", "cts", "cxx", "dart", "diff", "dll", "doc", "docx", "dylib", "ejs",
    "elm", "eot", "eps", "erb", "erl", "ex", "exe", "exs", "fish", "flac", "fs", "gif", "go", "gradle",
    "graphql", "groovy", "gz", "h", "haml", "hbs", "hpp", "hs", "htm", "html", "hxx", "ico", "inc", "ipynb",
    "jar", "java", "jpeg", "jpg", "js", "jsx", "kt", "kts", "less", "lock", "lua", "m", "m4", "map",
    "markdown", "md", "mdx", "mjs", "ml", "mm", "mod", "mov", "mp3", "mp4", "mts", "nix", "o", "odt", "ogg",
    "otf", "patch", "pdf", "php", "pl", "pm", "png", "po", "pot", "ppt", "pptx", "proto", "ps1", "psd", "py",
    "pyc", "pyi", "r", "rb", "rlib", "rs", "rst", "s", "sass", "scala", "scss", "sh", "snap", "so", "sql",
    "styl", "sum", "svelte", "svg", "swift", "tar", "tex", "tgz", "tif", "tiff", "ts", "tsv", "tsx", "ttf",
    "twig", "vim", "vue", "wasm", "wav", "webm", "webp", "woff", "woff2", "xls", "xlsx", "xz", "zig", "zip",
    "zsh", "zst",
];

/// Whether a look at the content is worth it.
pub(super) fn may_be_sealed(path: &[u8]) -> bool {
    let base = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
    let Some(dot) = base.iter().rposition(|b| *b == b'.').filter(|at| *at > 0) else { return true };
    let end = base[dot + 1..].to_ascii_lowercase();
    std::str::from_utf8(&end).map_or(true, |end| NEVER.binary_search(&end).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sources_are_passed_over() {
        assert!(NEVER.is_sorted());
        for name in ["src/main.rs", "logo.PNG", "a/b.test.tsx", "Cargo.lock"] {
            assert!(!may_be_sealed(name.as_bytes()), "{name}");
        }
        for name in
            [".env.enc", ".env", "secrets/prod.yaml", "tls.key", "a.rs.enc", "Makefile", ".sh", "x.JSON"]
        {
            assert!(may_be_sealed(name.as_bytes()), "{name}");
        }
    }
}
