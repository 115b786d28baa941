//! Goes through a module: names, what they are set to, functions, and calls that may ask a database.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, BindingPattern,
    CallExpression, Class, ExportAllDeclaration, ExportDefaultDeclaration, ExportNamedDeclaration,
    Expression, ForOfStatement, FormalParameter, FormalParameters, Function as Declared,
    FunctionBody, IfStatement, ImportDeclaration, ObjectProperty, Program, ReturnStatement,
    Statement, TSEnumDeclaration, TSIndexedAccessType, TSInterfaceDeclaration, TSType,
    TSTypeAliasDeclaration, TSTypeReference, TaggedTemplateExpression, UnaryExpression,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan as _;
use oxc_syntax::operator::UnaryOperator;
use oxc_syntax::scope::{ScopeFlags, ScopeId};

use super::expr::{Binding, Candidate, Class as Kept, Expr, Function, Kind, Module, Node, Scope};
use super::lines::Lines;
use super::loops::each;
use super::lower::Lower;
use super::syntax::{as_call, bare, is_function, may_fill, part_of, type_name};

pub(super) struct Scan<'t> {
    pub(super) module: Module,
    pub(super) lines: &'t Lines,
    text: &'t str,
    scope: usize,
    parents: Vec<usize>,
    /// Functions around, and whether each is an expression alone.
    functions: Vec<(usize, bool)>,
    /// The function that the next one to come is: its name is known already.
    pub(super) next: Option<usize>,
    /// The class around.
    pub(super) class: Option<usize>,
    /// What the next variable, or the parameter of a function that starts there, goes through.
    each: Option<Node>,
    pub(super) each_of: BTreeMap<u32, Node>,
    /// The variable that the next chain is set to.
    owner: Option<Arc<str>>,
    assigned: Vec<(usize, Arc<str>, Node)>,
    changed: Vec<(usize, Arc<str>, Change)>,
}

/// How a variable is changed after it was set.
enum Change {
    /// Rows are added to a list.
    Adds(Vec<Node>),
    /// A field is set.
    Sets(Arc<str>, Node),
    /// Somehow.
    Otherwise,
    /// So that nobody knows what it holds.
    Lost,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str, lines: &'t Lines) -> Self {
        Self {
            module: Module {
                scopes: vec![Scope::default()],
                classes: vec![Kept::default()],
                ..Module::default()
            },
            lines,
            text,
            scope: 0,
            parents: Vec::new(),
            functions: Vec::new(),
            next: None,
            class: None,
            each: None,
            each_of: BTreeMap::new(),
            owner: None,
            assigned: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Gives what was set after it was declared to the names that it was set to.
    pub(super) fn finish(mut self) -> Module {
        for (scope, name, node) in std::mem::take(&mut self.assigned) {
            let is_here = self.module.scopes[scope].names.contains_key(&name);
            if let Some(binding) = self.binding(scope, &name) {
                binding.assign(node, is_here);
            }
        }
        for (scope, name, change) in std::mem::take(&mut self.changed) {
            if let Some(binding) = self.binding(scope, &name) {
                binding.is_changed = true;
                match change {
                    Change::Adds(rows) => binding.added.extend(rows),
                    Change::Sets(field, value) => binding.set.push((field, value)),
                    Change::Otherwise => {}
                    Change::Lost => binding.is_lost = true,
                }
            }
        }
        self.module
    }

    fn binding(&mut self, scope: usize, name: &str) -> Option<&mut Binding> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            if self.module.scopes[scope].names.contains_key(name) {
                return self.module.scopes[scope].names.get_mut(name);
            }
            at = self.module.scopes[scope].parent;
        }
        None
    }

    pub(super) fn lower(&self) -> Lower<'t> {
        Lower::new(self.lines, self.text, self.scope, self.class)
    }

    pub(super) fn bind(&mut self, name: &str, kind: Kind, source: Option<Node>) {
        let names = &mut self.module.scopes[self.scope].names;
        let binding = names.entry(name.into()).or_insert(Binding {
            kind: kind.clone(),
            sources: Vec::new(),
            is_changed: false,
            added: Vec::new(),
            set: Vec::new(),
            is_lost: false,
        });
        binding.kind = kind;
        binding.sources.extend(source);
    }

    pub(super) fn new_function(&mut self) -> usize {
        self.module.functions.push(Function::default());
        self.module.functions.len() - 1
    }

    /// Binds the names of a pattern to parts of what it is set to.
    fn bind_pattern(&mut self, pattern: &BindingPattern<'_>, source: Option<&Node>) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => {
                self.bind(name.name.as_str(), Kind::Variable, source.cloned());
            }
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let part = source.and_then(|source| part_of(source, &property.key));
                    self.bind_pattern(&property.value, part.as_ref());
                }
                if let Some(rest) = &object.rest {
                    self.bind_pattern(&rest.argument, None);
                }
            }
            BindingPattern::ArrayPattern(list) => {
                for element in list.elements.iter().flatten() {
                    self.bind_pattern(element, None);
                }
            }
            BindingPattern::AssignmentPattern(inner) => self.bind_pattern(&inner.left, source),
        }
    }

    /// What the class around keeps.
    pub(super) fn kept(&mut self) -> &mut Kept {
        let class = self.class.unwrap_or(0);
        &mut self.module.classes[class]
    }

    fn bind_parameters(&mut self, parameters: &[FormalParameter<'_>], function: usize) {
        let mut each = self.each.take();
        for (position, parameter) in parameters.iter().enumerate() {
            let each = each.take();
            let type_name = parameter.type_annotation.as_deref().and_then(type_name);
            let default = parameter
                .initializer
                .as_ref()
                .map(|given| self.lower().node(given));
            let kind = |field: Option<Arc<str>>, type_name: Option<Arc<str>>| Kind::Parameter {
                function,
                position,
                field,
                type_name,
            };
            match &parameter.pattern {
                BindingPattern::BindingIdentifier(name) => {
                    if parameter.accessibility.is_some() {
                        let member: Arc<str> = name.name.as_str().into();
                        let node = Node {
                            expr: Expr::Name(member.clone(), self.scope),
                            place: self.lines.place(name.span.start),
                        };
                        let class = self.kept();
                        class.members.entry(member.clone()).or_default().push(node);
                        if let Some(type_name) = &type_name {
                            class.member_types.insert(member, type_name.clone());
                        }
                    }
                    match each {
                        Some(each) => self.bind(name.name.as_str(), Kind::Variable, Some(each)),
                        None => self.bind(name.name.as_str(), kind(None, type_name), default),
                    }
                }
                BindingPattern::ObjectPattern(object) => {
                    for property in &object.properties {
                        let field = property.key.static_name().map(|name| name.as_ref().into());
                        let default = match &property.value {
                            BindingPattern::AssignmentPattern(set) => {
                                Some(self.lower().node(&set.right))
                            }
                            _ => None,
                        };
                        for name in property.value.get_binding_identifiers() {
                            let kind = kind(field.clone(), None);
                            self.bind(name.name.as_str(), kind, default.clone());
                        }
                    }
                }
                other => {
                    for name in other.get_binding_identifiers() {
                        self.bind(name.name.as_str(), kind(None, None), None);
                    }
                }
            }
        }
    }

    /// A variable that something inside of is set or taken away.
    fn lose(&mut self, object: &Expression<'_>) {
        let mut base = bare(object);
        while let Some(member) = base.as_member_expression() {
            base = bare(member.object());
        }
        if let Expression::Identifier(name) = base {
            let name: Arc<str> = name.name.as_str().into();
            self.changed.push((self.scope, name, Change::Lost));
        }
    }

    /// Variables that are handed to a function that may fill them.
    fn hand_over(&mut self, call: &CallExpression<'_>) {
        if !may_fill(call) {
            return;
        }
        for argument in call.arguments.iter().filter_map(Argument::as_expression) {
            if let Expression::Identifier(name) = bare(argument) {
                let name: Arc<str> = name.name.as_str().into();
                self.changed.push((self.scope, name, Change::Otherwise));
            }
        }
    }

    /// Notes a chain once, from its last call; what is called inside of arguments is noted on its own.
    fn note(&mut self, call: &CallExpression<'_>) {
        let owner = self.owner.take();
        let node = self.lower().call(call);
        if let Expr::Call(called) = &node.expr
            && let Expr::Member(object, method) = &called.callee.expr
            && let Expr::Name(name, scope) = &object.expr
        {
            let change = match &**method {
                "push" | "unshift" => {
                    let items = called.arguments.iter().filter(|item| !item.is_spread);
                    Some(Change::Adds(items.map(|item| item.node.clone()).collect()))
                }
                "splice" | "fill" => Some(Change::Otherwise),
                _ => None,
            };
            if let Some(change) = change {
                self.changed.push((*scope, name.clone(), change));
            }
        }
        self.module.candidates.push(Candidate {
            node,
            scope: self.scope,
            owner,
            inside: self.functions.iter().map(|(index, _)| *index).collect(),
        });
    }

    /// Visits what is inside of a chain: arguments of each call, and what it starts from.
    fn inside<'a>(&mut self, call: &CallExpression<'a>) {
        self.goes_through(call);
        self.visit_arguments(&call.arguments);
        let mut base = bare(&call.callee);
        while let Some(member) = base.as_member_expression() {
            base = bare(member.object());
            if let Some(inner) = as_call(base) {
                self.goes_through(inner);
                self.visit_arguments(&inner.arguments);
                base = bare(&inner.callee);
            }
        }
        match as_call(base) {
            Some(inner) => self.inside(inner),
            None => self.visit_expression(base),
        }
    }

    /// Walks a function whose parameters and results are its own.
    fn in_function(&mut self, start: u32, is_expression: bool, walk: impl FnOnce(&mut Self)) {
        let index = self.next.take().unwrap_or_else(|| self.new_function());
        self.module.functions_at.insert(start, index);
        self.owner = None;
        self.each = self.each_of.remove(&start);
        self.functions.push((index, is_expression));
        walk(self);
        self.functions.pop();
    }

    fn returns(&mut self, given: &Expression<'_>) {
        let node = self.lower().node(given);
        if let Some((function, _)) = self.functions.last() {
            self.module.functions[*function].returns.push(node);
        }
    }
}

impl<'a> Visit<'a> for Scan<'_> {
    fn enter_scope(&mut self, _: ScopeFlags, _: &Cell<Option<ScopeId>>) {
        self.module.scopes.push(Scope {
            parent: Some(self.scope),
            names: BTreeMap::new(),
        });
        self.parents.push(self.scope);
        self.scope = self.module.scopes.len() - 1;
    }

    fn leave_scope(&mut self) {
        self.scope = self.parents.pop().unwrap_or(0);
    }

    fn visit_program(&mut self, program: &Program<'a>) {
        self.module.is_of_browser |= program
            .directives
            .iter()
            .any(|directive| directive.directive == "use client");
        // The program's own scope is there already.
        for statement in &program.body {
            self.visit_statement(statement);
        }
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        if unary.operator == UnaryOperator::Delete {
            self.lose(&unary.argument);
        }
        walk::walk_unary_expression(self, unary);
    }

    fn visit_for_of_statement(&mut self, each_of: &ForOfStatement<'a>) {
        self.each = Some(each(self.lower().node(&each_of.right)));
        walk::walk_for_of_statement(self, each_of);
    }

    /// What stands behind a condition without a block may not happen, as in one.
    fn visit_if_statement(&mut self, condition: &IfStatement<'a>) {
        self.visit_expression(&condition.test);
        let branches = [Some(&condition.consequent), condition.alternate.as_ref()];
        for branch in branches.into_iter().flatten() {
            self.enter_scope(ScopeFlags::empty(), &Cell::new(None));
            self.visit_statement(branch);
            self.leave_scope();
        }
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        self.hand_over(call);
        if matches!(call.callee, Expression::Super(_)) {
            let mut lower = self.lower();
            let arguments = call.arguments.iter().map(|one| lower.argument(one));
            let arguments = arguments.collect();
            self.kept().handed_up = arguments;
        }
        self.note(call);
        self.inside(call);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        let name = match &declarator.id {
            BindingPattern::BindingIdentifier(name) => Some(name.name.as_str().to_owned()),
            _ => None,
        };
        let Some(init) = &declarator.init else {
            let typed = declarator.type_annotation.as_deref().and_then(type_name);
            if let (Some(name), Some(typed)) = (&name, typed) {
                self.module.typed_names.insert(name.as_str().into(), typed);
            }
            let each = self.each.take().filter(|_| name.is_some());
            return self.bind_pattern(&declarator.id, each.as_ref());
        };
        if let Some(name) = &name
            && is_function(init)
        {
            let index = self.new_function();
            self.bind(name, Kind::Function(index), None);
            self.next = Some(index);
        } else {
            let node = self.lower().node(init);
            self.bind_pattern(&declarator.id, Some(&node));
            if as_call(bare(init)).is_some() {
                self.owner = name.as_deref().map(Into::into);
            }
        }
        self.visit_expression(init);
        self.owner = None;
        self.next = None;
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        let node = self.lower().node(&assignment.right);
        match &assignment.left {
            AssignmentTarget::AssignmentTargetIdentifier(name) => {
                let name: Arc<str> = name.name.as_str().into();
                self.assigned.push((self.scope, name.clone(), node));
                if as_call(bare(&assignment.right)).is_some() {
                    self.owner = Some(name);
                }
            }
            target => {
                if !self.export_assigned(target, &node)
                    && let Some(member) = target.as_member_expression()
                {
                    match (member.object(), member.static_property_name()) {
                        (Expression::ThisExpression(_), Some(name)) => {
                            let name: Arc<str> = (*name).into();
                            self.kept().members.entry(name).or_default().push(node);
                        }
                        (Expression::Identifier(name), property) => {
                            let change = match property {
                                Some(property) => Change::Sets((*property).into(), node),
                                None => Change::Otherwise,
                            };
                            self.changed
                                .push((self.scope, name.name.as_str().into(), change));
                        }
                        // `row.meta.title = …`.
                        (object, _) => self.lose(object),
                    }
                }
            }
        }
        self.visit_expression(&assignment.right);
        self.owner = None;
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        if let Some(given) = &statement.argument {
            self.returns(given);
            self.visit_expression(given);
        }
    }

    fn visit_function(&mut self, function: &Declared<'a>, flags: ScopeFlags) {
        if let Some(id) = &function.id
            && self.next.is_none()
        {
            let index = self.new_function();
            self.bind(id.name.as_str(), Kind::Function(index), None);
            self.next = Some(index);
        }
        let start = function.span.start;
        self.in_function(start, false, |scan| {
            walk::walk_function(scan, function, flags);
        });
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.in_function(function.span.start, function.expression, |scan| {
            walk::walk_arrow_function_expression(scan, function);
        });
    }

    fn visit_formal_parameters(&mut self, parameters: &FormalParameters<'a>) {
        if let Some((function, _)) = self.functions.last().copied() {
            self.bind_parameters(&parameters.items, function);
        }
        walk::walk_formal_parameters(self, parameters);
    }

    fn visit_function_body(&mut self, body: &FunctionBody<'a>) {
        if let Some((_, true)) = self.functions.last()
            && let Some(Statement::ExpressionStatement(given)) = body.statements.first()
        {
            self.returns(&given.expression);
        }
        walk::walk_function_body(self, body);
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        self.class(class);
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        self.import(import);
    }

    fn visit_export_named_declaration(&mut self, export: &ExportNamedDeclaration<'a>) {
        self.export_named(export);
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        self.export_all(export);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        self.export_default(export);
    }

    fn visit_ts_enum_declaration(&mut self, declared: &TSEnumDeclaration<'a>) {
        self.enumerate(declared);
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        self.owner = None;
        walk::walk_object_property(self, property);
    }

    fn visit_tagged_template_expression(&mut self, tagged: &TaggedTemplateExpression<'a>) {
        if let Some(query) = super::types::query(tagged, self.lines) {
            self.module.queries.push(query);
        }
        walk::walk_tagged_template_expression(self, tagged);
    }

    fn visit_ts_type_alias_declaration(&mut self, alias: &TSTypeAliasDeclaration<'a>) {
        let span = alias.type_annotation.span();
        let text = self.text.get(span.start as usize..span.end as usize);
        let text = text.filter(|text| text.len() < 300).unwrap_or_default();
        self.module
            .type_aliases
            .insert(alias.id.name.as_str().into(), text.to_owned());
        if let TSType::TSTypeLiteral(literal) = &alias.type_annotation {
            let schemas = super::generated::schemas(&literal.members, self.lines);
            self.module.generated.extend(schemas);
        }
        walk::walk_ts_type_alias_declaration(self, alias);
    }

    fn visit_ts_interface_declaration(&mut self, declared: &TSInterfaceDeclaration<'a>) {
        let schemas = super::generated::schemas(&declared.body.body, self.lines);
        self.module.generated.extend(schemas);
        walk::walk_ts_interface_declaration(self, declared);
    }

    fn visit_ts_type_reference(&mut self, reference: &TSTypeReference<'a>) {
        self.module
            .typed
            .extend(super::types::table(reference, self.lines));
        walk::walk_ts_type_reference(self, reference);
    }

    fn visit_ts_indexed_access_type(&mut self, access: &TSIndexedAccessType<'a>) {
        self.module
            .typed
            .extend(super::types::row(access, self.lines));
        walk::walk_ts_indexed_access_type(self, access);
    }
}
