//! Control flow: branches, loops and scopes.

use super::Function;
use super::names::bindings;
use super::parts::{Block, Branch, Jump, Kind, Returned};
use crate::names::Statement;
use crate::syntax::{FIELDS, children, strip};
use crate::tree::Node;
use crate::words::{one_line, quoted};

/// Longer chains of `elif` are written without their control flow.
const MOST_BRANCHES: usize = 50;

/// One of the branches of `if` or `match`.
struct Arm<'s, 't> {
    statement: Option<&'s Statement<'t>>,
    test: Test<'t>,
    body: Node<'t>,
}

enum Test<'t> {
    Condition(Node<'t>),
    Case(String),
    Else,
}

impl<'s, 't> Function<'s, 't> {
    pub(super) fn diverge(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.diverges = true;
        }
    }

    /// Writes `break`, `continue` or `return`.
    pub(super) fn leave(&mut self, jump: Jump) {
        if let Some(line) = self.leaving(jump) {
            self.push(&format!("{line};"));
            self.diverge();
        }
    }

    /// The expression that leaves the block; `None` if there is no loop.
    pub(super) fn leaving(&mut self, jump: Jump) -> Option<String> {
        let jump = match jump {
            Jump::Return(returned) => return Some(self.returning(returned)),
            jump => jump,
        };
        for block in self.blocks.iter_mut().rev() {
            match (block.kind, &jump) {
                (Kind::Closure, Jump::Break) => {
                    block.leaves.breaks = true;
                    return Some("return Ok(Leave::Break)".to_owned());
                }
                (Kind::Closure, _) => {
                    block.leaves.continues = true;
                    return Some("return Ok(Leave::Continue)".to_owned());
                }
                (Kind::Loop, Jump::Break) => {
                    block.breaks = true;
                    return Some("break".to_owned());
                }
                (Kind::Loop, _) => return Some("continue".to_owned()),
                _ => {}
            }
        }
        None
    }

    /// The expression that returns a value from the function. In a closure, it returns `Leave::Return`, and the code
    /// around the closure returns the value.
    fn returning(&mut self, mut returned: Returned) -> String {
        let is_closure = |block: &Block| block.kind == Kind::Closure;
        let Some(level) = self.blocks.iter().rposition(is_closure) else {
            return self.return_mark('R', returned);
        };
        self.blocks[level].leaves.returns = true;
        // Code after the closure may use an outer variable, so the closure does not return it directly.
        let inside = &self.blocks[level..];
        if let (Some(value), false) = (&returned.value, returned.acts) {
            let is_own = inside
                .iter()
                .any(|block| block.declared.contains_key(value));
            if !is_own && !value.starts_with("py(") {
                returned.value = Some(format!("py({})", quoted(value)));
            }
        }
        self.return_mark('C', returned)
    }

    /// The expression that returns the value of a closure's `Leave::Return`.
    pub(super) fn passing_on(&mut self) -> String {
        let mut blocks = self.blocks.iter_mut().rev();
        match blocks.find(|block| block.kind == Kind::Closure) {
            Some(outer) => {
                outer.leaves.returns = true;
                "return Ok(Leave::Return(value))".to_owned()
            }
            None => "return Ok(value)".to_owned(),
        }
    }

    /// Writes a block on its own.
    pub(super) fn branch(
        &mut self,
        kind: Kind,
        node: Node<'t>,
        body: impl FnOnce(&mut Self),
    ) -> Branch {
        let mark = self.types.mark();
        let parameters = self.parameters.len();
        let lines = std::mem::take(&mut self.lines);
        self.depth += 1;
        self.blocks.push(Block::new(kind, node));
        body(self);
        self.depth -= 1;
        let block = self.blocks.pop().unwrap_or_else(|| Block::new(kind, node));
        let types = self.types.undo(mark);
        for need in self.parameters.get(parameters..).unwrap_or_default() {
            self.types.set(&need.name, need.types.first().cloned());
        }
        Branch {
            lines: std::mem::replace(&mut self.lines, lines),
            block,
            types,
        }
    }

    /// Goes on after branches, one of which runs (or, if they are not `exhaustive`, none): declares the names
    /// that all of them bind.
    pub(super) fn join(&mut self, branches: &[&Branch], exhaustive: bool, end: usize) {
        let reach: Vec<&&Branch> = branches
            .iter()
            .filter(|branch| !branch.block.diverges)
            .collect();
        if exhaustive && reach.is_empty() {
            self.diverge();
        }
        for branch in &reach {
            for name in branch
                .block
                .consumed
                .iter()
                .filter(|name| !branch.block.declared.contains_key(*name))
            {
                self.consume(name);
            }
        }
        let Some(first) = reach.first() else {
            return;
        };
        for name in first.block.bound.keys() {
            // Lines of the branches may use the variable of this name around them.
            if matches!(self.types.get(name), Some(Some(_))) {
                continue;
            }
            let bound = |branch: &Branch| {
                let bindings = branch.block.bound.get(name)?.clone();
                let kind = branch.types.get(name)?.clone()?;
                let is_free = bindings
                    .iter()
                    .all(|binding| !self.bindings[*binding].in_pattern);
                (is_free && !branch.block.consumed.contains(name)).then_some((bindings, kind))
            };
            let all: Option<Vec<_>> = reach.iter().map(|branch| bound(branch)).collect();
            let Some(all) = all.filter(|all| all.iter().all(|(_, kind)| *kind == all[0].1)) else {
                continue;
            };
            let word = self.bindings[all[0].0[0]].word;
            if !self.is_used_after(word, end) {
                continue;
            }
            if !exhaustive {
                let is_free =
                    reach.len() == 1 && self.types.get(name).is_none() && self.can_pass(word);
                if is_free && !name.contains("self_") {
                    self.pass_to_branch(name, all[0].1.clone(), &all[0].0);
                }
                continue;
            }
            let several = all.iter().any(|(bindings, _)| bindings.len() > 1);
            let bindings: Vec<usize> = all
                .iter()
                .flat_map(|(bindings, _)| bindings.clone())
                .collect();
            let mutable = several
                || bindings
                    .iter()
                    .any(|binding| self.bindings[*binding].mutable);
            self.declare_above(name, Some(all[0].1.clone()), &bindings, mutable);
        }
        // What stays in its block has no value afterwards.
        for name in reach.iter().flat_map(|branch| branch.block.declared.keys()) {
            if self.types.get(name).is_none() {
                self.types.set(name, None);
            }
        }
    }

    pub(super) fn if_statement(&mut self, node: Node<'t>) {
        let mut arms = Vec::new();
        let clauses = node.children_of_field(FIELDS.alternative);
        for clause in std::iter::once(node).chain(clauses) {
            let statement = self.statements.get(&clause.id()).copied();
            let field = |name| clause.child_by_field_id(name);
            match (
                field(FIELDS.condition),
                field(FIELDS.consequence),
                field(FIELDS.body),
            ) {
                (Some(condition), Some(body), _) => {
                    arms.push(Arm {
                        statement,
                        test: Test::Condition(condition),
                        body,
                    });
                }
                (_, _, Some(body)) => arms.push(Arm {
                    statement,
                    test: Test::Else,
                    body,
                }),
                _ => return self.flat(node),
            }
        }
        if arms.len() > MOST_BRANCHES {
            return self.flat(node);
        }
        self.chain(&arms, true, node.end_byte());
        self.comment(node.end_byte());
    }

    pub(super) fn match_statement(&mut self, node: Node<'t>) {
        let field = |name| node.child_by_field_id(name);
        let (Some(subject), Some(body)) = (field(FIELDS.subject), field(FIELDS.body)) else {
            return self.flat(node);
        };
        let subject = one_line(self.text(subject));
        let mut arms = Vec::new();
        for clause in children(body) {
            let Some(body) = clause.child_by_field_id(FIELDS.consequence) else {
                return self.flat(node);
            };
            let head = self
                .source
                .get(clause.start_byte()..body.start_byte())
                .unwrap_or_default();
            let head = one_line(head);
            let test = match head.trim_end_matches(':').trim_end() {
                "case _" => Test::Else,
                head => Test::Case(format!("match {subject}: {head}")),
            };
            arms.push(Arm {
                statement: None,
                test,
                body,
            });
        }
        if arms.is_empty() || arms.len() > MOST_BRANCHES || matches!(arms[0].test, Test::Else) {
            return self.flat(node);
        }
        self.comment(body.start_byte());
        self.pieces(node);
        self.chain(&arms, false, node.end_byte());
        self.comment(node.end_byte());
    }

    /// `if`, `elif` and `else`.
    fn chain(&mut self, arms: &[Arm<'s, 't>], is_first: bool, end: usize) {
        let Some((arm, rest)) = arms.split_first() else {
            return;
        };
        let condition = match &arm.test {
            Test::Else => {
                self.comment(arm.body.start_byte());
                return self.block(arm.body);
            }
            Test::Condition(node) => {
                if is_first {
                    self.comment(arm.body.start_byte());
                }
                self.condition(*node, arm.statement)
            }
            Test::Case(python) => format!("py::<bool>({})", quoted(python)),
        };
        let yes = self.branch(Kind::Plain, arm.body, |function| {
            function.comment(arm.body.start_byte());
            function.block(arm.body);
        });
        let no = rest.first().map(|next| {
            self.branch(Kind::Plain, next.body, |function| {
                function.chain(rest, false, end)
            })
        });
        match &no {
            Some(no) => self.join(&[&yes, no], true, end),
            None => self.join(&[&yes], false, end),
        }
        self.push(&format!("if {condition} {{"));
        self.lines += &yes.lines;
        match no {
            None => self.push("}"),
            Some(no) => match self.as_else_if(&no.lines) {
                Some(lines) => {
                    self.push(&format!(
                        "}} else {}",
                        lines.trim_start().trim_end_matches('\n')
                    ));
                }
                None => {
                    self.push("} else {");
                    self.lines += &no.lines;
                    self.push("}");
                }
            },
        }
    }

    /// The lines of a block one level further out, if the block is one `if`.
    fn as_else_if(&self, lines: &str) -> Option<String> {
        let own = "    ".repeat(self.depth + 1);
        let mut out = String::with_capacity(lines.len());
        let mut ends = 0;
        let lines = lines
            .lines()
            .filter(|line| !self.is_dropped(line.trim_start()));
        for (index, line) in lines.enumerate() {
            let rest = line.strip_prefix(&own)?;
            let fits = match rest {
                rest if rest.starts_with(' ') => index > 0,
                "}" => {
                    ends += 1;
                    true
                }
                rest if index == 0 => rest.starts_with("if "),
                rest => rest.starts_with("} else "),
            };
            if !fits || ends > 1 {
                return None;
            }
            out += line.strip_prefix("    ")?;
            out.push('\n');
        }
        (ends == 1).then_some(out)
    }

    pub(super) fn while_statement(&mut self, node: Node<'t>) {
        let field = |name| node.child_by_field_id(name);
        let (Some(condition), Some(body)) = (field(FIELDS.condition), field(FIELDS.body)) else {
            return self.flat(node);
        };
        self.comment(body.start_byte());
        let statement = self.statements.get(&node.id()).copied();
        let is_endless = matches!(self.text(strip(condition)), "True" | "1");
        let mut head = "loop".to_owned();
        let branch = self.branch(Kind::Loop, node, |function| {
            if !is_endless {
                let condition = function.condition(condition, statement);
                if function.lines.is_empty() {
                    head = format!("while {condition}");
                } else {
                    function.push(&format!("if !({condition}) {{"));
                    function.push("    break;");
                    function.push("}");
                }
            }
            function.block(body);
        });
        self.join(&[&branch], false, node.end_byte());
        self.push(&format!("{head} {{"));
        self.lines += &branch.lines;
        self.push("}");
        if is_endless && !branch.block.breaks {
            self.diverge();
        }
        self.after_loop(node);
    }

    pub(super) fn for_statement(&mut self, node: Node<'t>) {
        let field = |name| node.child_by_field_id(name);
        let (Some(target), Some(values), Some(body)) =
            (field(FIELDS.left), field(FIELDS.right), field(FIELDS.body))
        else {
            return self.flat(node);
        };
        self.comment(body.start_byte());
        self.pieces(node);
        let names = bindings(self.source, target).unwrap_or_default();
        let branch = self.branch(Kind::Loop, node, |function| {
            for (name, _) in &names {
                function.types.set(name, None);
                if let Some(block) = function.blocks.last_mut() {
                    block.pending.push((name.clone(), None));
                }
            }
            function.block(body);
        });
        let mut patterns = Vec::new();
        let mut kinds = Vec::new();
        for (name, known) in &branch.block.pending {
            match known {
                Some((kind, mutable)) => {
                    patterns.push(format!("{}{name}", if *mutable { "mut " } else { "" }));
                    kinds.push(kind.clone());
                }
                None => {
                    patterns.push(name.clone());
                    kinds.push("()".to_owned());
                }
            }
        }
        let (pattern, kind) = match &patterns[..] {
            [] => ("_".to_owned(), "()".to_owned()),
            [one] => (one.clone(), kinds[0].clone()),
            all => (
                format!("({})", all.join(", ")),
                format!("({})", kinds.join(", ")),
            ),
        };
        let python = quoted(&one_line(self.text(values)));
        self.join(&[&branch], false, node.end_byte());
        self.push(&format!("for {pattern} in py::<Vec<{kind}>>({python}) {{"));
        self.lines += &branch.lines;
        self.push("}");
        for (name, _) in &names {
            self.types.set(name, None);
        }
        self.after_loop(node);
    }

    /// The `else` of a loop.
    fn after_loop(&mut self, node: Node<'t>) {
        if let Some(body) = node
            .child_by_field_id(FIELDS.alternative)
            .and_then(|clause| clause.child_by_field_id(FIELDS.body))
        {
            self.comment(body.start_byte());
            self.block(body);
        }
        self.comment(node.end_byte());
    }

    pub(super) fn with_statement(&mut self, node: Node<'t>) {
        let Some(body) = node.child_by_field_id(FIELDS.body) else {
            return self.flat(node);
        };
        self.comment(body.start_byte());
        let branch = self.branch(Kind::Plain, node, |function| {
            function.pieces(node);
            function.block(body);
        });
        self.join(&[&branch], true, node.end_byte());
        self.push("{");
        self.lines += &branch.lines;
        self.push("}");
        self.comment(node.end_byte());
    }
}
