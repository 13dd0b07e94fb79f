//! `pyssl explain`.

use clap::Args;

/// Explain the codes of findings: what they mean, why they matter, and what to do
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 done; 2 there is no such code.")]
pub(crate) struct ExplainArgs {
    /// Codes such as C007 (cipher strings), A003 (audit) or F001 (files); without one, all are listed
    #[arg(value_name = "CODE")]
    pub(crate) codes: Vec<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
