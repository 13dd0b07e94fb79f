//! `pyssl explain`.

use clap::{Args, ValueEnum};

/// Explain the codes of findings: what they mean, why they matter, and what to do
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 done; 2 there is no such code.")]
pub(crate) struct ExplainArgs {
    /// Codes such as C007 (cipher strings), A003 (audit), F001 (files) or S005 (scan); without one, all
    /// are listed
    #[arg(value_name = "CODE")]
    pub(crate) codes: Vec<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    pub(crate) format: Option<PageFormat>,
}

/// A format for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    /// Markdown
    Markdown,
    /// One static HTML page
    Html,
}
