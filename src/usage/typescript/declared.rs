//! What a module takes in and gives away: imports, exports, enums and classes.

use std::sync::Arc;

use oxc_ast::ast::{
    AssignmentTarget, Class, ClassElement, Declaration, ExportAllDeclaration,
    ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportNamedDeclaration, Expression,
    ImportDeclaration, ImportDeclarationSpecifier, TSEnumDeclaration, TSEnumMemberName,
};
use oxc_ast_visit::Visit as _;
use oxc_syntax::scope::ScopeFlags;

use super::expr::{Class as Kept, Entry, Export, Expr, Kind, Node};
use super::scan::Scan;
use super::syntax::{is_function, name_of_key, type_name};

impl Scan<'_> {
    fn export(&mut self, name: &str, export: Export) {
        self.module.exports.insert(name.into(), export);
    }

    fn export_declared(&mut self, declaration: &Declaration<'_>) {
        let names: Vec<String> = match declaration {
            Declaration::VariableDeclaration(variables) => variables
                .declarations
                .iter()
                .flat_map(|one| one.id.get_binding_identifiers())
                .map(|name| name.name.as_str().to_owned())
                .collect(),
            other => other
                .id()
                .iter()
                .map(|id| id.name.as_str().to_owned())
                .collect(),
        };
        for name in names {
            self.export(&name, Export::Local(name.as_str().into()));
        }
    }

    /// `module.exports = …`, `exports.a = …`.
    pub(super) fn export_assigned(&mut self, target: &AssignmentTarget<'_>, node: &Node) -> bool {
        let Some(member) = target.as_member_expression() else {
            return false;
        };
        let object = match member.object() {
            Expression::Identifier(name) => name.name.as_str().to_owned(),
            Expression::StaticMemberExpression(inner) => inner.property.name.as_str().to_owned(),
            _ => return false,
        };
        let Some(property) = member.static_property_name() else {
            return false;
        };
        match (object.as_str(), property) {
            ("module", "exports") => {
                if let Expr::Object(entries) = &node.expr {
                    for entry in entries {
                        if let Entry::Field(name, _, value) = entry {
                            self.export(name, Export::Value(Box::new(value.clone())));
                        }
                    }
                }
                self.export("default", Export::Value(Box::new(node.clone())));
            }
            ("exports", name) => self.export(name, Export::Value(Box::new(node.clone()))),
            _ => return false,
        }
        true
    }
    pub(super) fn import(&mut self, import: &ImportDeclaration<'_>) {
        let source: Arc<str> = import.source.value.as_str().into();
        for specifier in import.specifiers.iter().flatten() {
            let (local, name) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    (&one.local, one.imported.name().as_str().to_owned())
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    (&one.local, "default".to_owned())
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                    (&one.local, "*".to_owned())
                }
            };
            let kind = Kind::Import(source.clone(), name.as_str().into());
            self.bind(local.name.as_str(), kind, None);
        }
    }

    pub(super) fn export_named(&mut self, export: &ExportNamedDeclaration<'_>) {
        if let Some(declaration) = &export.declaration {
            self.export_declared(declaration);
        }
        for specifier in &export.specifiers {
            let (local, exported) = (specifier.local.name(), specifier.exported.name());
            let from = match &export.source {
                Some(source) => Export::From(source.value.as_str().into(), local.as_str().into()),
                None => Export::Local(local.as_str().into()),
            };
            self.export(exported.as_str(), from);
        }
        if let Some(declaration) = &export.declaration {
            self.visit_declaration(declaration);
        }
    }

    pub(super) fn export_all(&mut self, export: &ExportAllDeclaration<'_>) {
        let source: Arc<str> = export.source.value.as_str().into();
        match &export.exported {
            Some(name) => self.export(name.name().as_str(), Export::From(source, "*".into())),
            None => self.module.star_exports.push(source),
        }
    }

    pub(super) fn export_default(&mut self, export: &ExportDefaultDeclaration<'_>) {
        match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                let index = self.new_function();
                let name = function
                    .id
                    .as_ref()
                    .map_or("default", |id| id.name.as_str());
                self.bind(name, Kind::Function(index), None);
                self.export("default", Export::Local(name.into()));
                self.next = Some(index);
                self.visit_function(function, ScopeFlags::Function);
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                if let Some(id) = &class.id {
                    self.export("default", Export::Local(id.name.as_str().into()));
                }
                self.visit_class(class);
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {}
            other => {
                if let Some(expression) = other.as_expression() {
                    let node = self.lower().node(expression);
                    self.export("default", Export::Value(Box::new(node)));
                    self.visit_expression(expression);
                }
            }
        }
    }

    pub(super) fn enumerate(&mut self, declared: &TSEnumDeclaration<'_>) {
        let members = declared.body.members.iter().filter_map(|member| {
            let name: Arc<str> = match &member.id {
                TSEnumMemberName::Identifier(name) => name.name.as_str().into(),
                TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => {
                    name.value.as_str().into()
                }
                TSEnumMemberName::ComputedTemplateString(_) => return None,
            };
            let place = self.lines.place(member.span.start);
            let value = self.lower().node(member.initializer.as_ref()?);
            Some(Entry::Field(name, place, value))
        });
        let node = Node {
            expr: Expr::Object(members.collect()),
            place: self.lines.place(declared.span.start),
        };
        self.bind(declared.id.name.as_str(), Kind::Variable, Some(node));
    }

    pub(super) fn class(&mut self, class: &Class<'_>) {
        let base = class.super_class.as_ref();
        let base = base.map(|base| self.lower().node(base));
        self.module.classes.push(Kept {
            base,
            ..Kept::default()
        });
        let index = self.module.classes.len() - 1;
        let outside = self.class.replace(index);
        self.elements(class);
        self.class = outside;
        if let Some(id) = &class.id {
            self.bind(id.name.as_str(), Kind::Class(index), None);
        }
    }

    fn elements(&mut self, class: &Class<'_>) {
        for element in &class.body.body {
            match element {
                ClassElement::PropertyDefinition(property) => {
                    let Some(name) = name_of_key(&property.key) else {
                        continue;
                    };
                    if let Some(type_name) = property.type_annotation.as_deref().and_then(type_name)
                    {
                        self.kept().member_types.insert(name.clone(), type_name);
                    }
                    let Some(value) = &property.value else {
                        continue;
                    };
                    if is_function(value) {
                        let index = self.new_function();
                        self.kept().methods.insert(name, index);
                        self.next = Some(index);
                    } else {
                        let node = self.lower().node(value);
                        self.kept().members.entry(name).or_default().push(node);
                    }
                    self.visit_expression(value);
                    self.next = None;
                }
                ClassElement::MethodDefinition(method) => {
                    let index = self.new_function();
                    if let Some(name) = name_of_key(&method.key) {
                        if method.kind.is_get() {
                            self.module.getters.insert(index);
                        }
                        self.kept().methods.insert(name, index);
                    }
                    if method.kind.is_constructor() {
                        self.kept().constructor = Some(index);
                    }
                    self.next = Some(index);
                    self.visit_function(&method.value, ScopeFlags::Function);
                    self.next = None;
                }
                ClassElement::StaticBlock(block) => self.visit_static_block(block),
                ClassElement::AccessorProperty(_) | ClassElement::TSIndexSignature(_) => {}
            }
        }
    }
}
