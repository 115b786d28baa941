//! Everybody tries everything, and what came of it is judged.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::actors::Actor;
use super::case::{self, Case};
use super::fill::Filled;
use super::functions::Calls;
use super::judge::{self, Circumstances};
use super::matrix::{Cell, Matrix, Outcome};
use super::model::{Model, Relation};
use super::tables::Ground;
use super::world::{Grain, Meanings};
use super::{Found, Judgement, Wish, attempt, buckets, explain, views};
use crate::error::Result;

/// Everything there is when trying begins.
pub(super) struct Trial<'a> {
    pub model: &'a Model,
    pub meanings: &'a Meanings,
    pub filled: &'a Filled,
    pub actors: Vec<Actor>,
    pub path: String,
    pub wish: &'a Wish,
}

impl Trial<'_> {
    pub(super) async fn run(
        &self,
        visitor: &mut PgConnection,
        buckets: &[buckets::Bucket],
    ) -> Result<Found> {
        let mut cases = self.cases(visitor).await?;
        cases.extend(buckets::cases(
            self.model,
            buckets,
            &self.actors,
            &self.path,
        ));
        let public: BTreeSet<String> = buckets
            .iter()
            .filter(|bucket| bucket.is_public)
            .map(buckets::name)
            .collect();
        let probes: Vec<_> = cases
            .iter()
            .flat_map(|case| case.tries.iter().map(|tried| tried.probe.clone()))
            .collect();
        let answers = attempt::attempt(visitor, &probes).await?;
        let mut found = Found::default();
        let (mut cells, mut leaks, mut at) = (Vec::new(), Vec::new(), 0);
        for case in &cases {
            let concluded = case.conclude(&answers[at..at + case.tries.len()]);
            at += case.tries.len();
            let cell = self.cell(case, &concluded);
            if concluded.is_fault {
                found.faults.push(cell.clone());
            }
            let verdict = self.verdict(case, &cell, public.contains(&case.object));
            if let (true, Some(through)) = (verdict != Judgement::Fine, concluded.through) {
                leaks.push((case, through, cells.len(), verdict));
            }
            cells.push(cell);
        }
        let suspects: Vec<(&Case, usize)> = leaks
            .iter()
            .map(|(case, through, ..)| (*case, *through))
            .collect();
        let blamed = explain::blame(visitor, self.model, &self.actors, &suspects).await?;
        for (index, because) in blamed {
            cells[leaks[index].2].because = because;
        }
        let leaked = leaks
            .into_iter()
            .map(|(_, _, index, verdict)| (cells[index].clone(), verdict));
        found.leaks = leaked.collect();
        self.call(visitor, &mut cells, &mut found).await?;
        found.reveals = self.reveals(visitor).await?;
        found.matrix = Matrix::of(cells);
        Ok(found)
    }

    /// Keys that tell somebody of rows which policies hide.
    async fn reveals(&self, visitor: &mut PgConnection) -> Result<Vec<(String, String, String)>> {
        let tables = self
            .shown()
            .filter(|relation| relation.is_table() && relation.secured);
        let suspicions: Vec<_> = tables
            .flat_map(|relation| self.ground(relation).suspicions(relation, &self.actors))
            .collect();
        let probes: Vec<_> = suspicions
            .iter()
            .map(|suspicion| suspicion.tried.probe.clone())
            .collect();
        let answers = attempt::attempt(visitor, &probes).await?;
        let told = suspicions.into_iter().zip(answers);
        let told = told.filter(|(suspicion, answer)| answer.state == suspicion.telling);
        let told = told.map(|(suspicion, _)| {
            let actor = self.actors[suspicion.actor].name.clone();
            (suspicion.object, actor, suspicion.words)
        });
        Ok(told.collect())
    }

    /// Cases of tables and views that the API shows.
    async fn cases(&self, visitor: &mut PgConnection) -> Result<Vec<Case>> {
        let tables = self.shown().filter(|relation| relation.is_table());
        let cases = tables.flat_map(|relation| self.ground(relation).cases(relation, &self.actors));
        let mut cases: Vec<Case> = cases.collect();
        let views: Vec<&Relation> = self
            .shown()
            .filter(|relation| !relation.is_table())
            .collect();
        let marks = self.filled.rows.marks();
        cases.extend(views::cases(visitor, &views, &self.actors, &self.path, &marks).await?);
        Ok(cases)
    }

    /// Relations that the API shows, and that are in `public` or granted to an actor.
    fn shown(&self) -> impl Iterator<Item = &Relation> {
        let is_granted = |relation: &Relation| {
            self.actors.iter().any(|actor| {
                let granted = relation.granted(&actor.role);
                let columns = [granted.select, granted.insert, granted.update];
                granted.delete || columns.iter().any(|columns| !columns.is_empty())
            })
        };
        let is_shown = move |relation: &&Relation| {
            relation.exposed && (relation.schema == "public" || is_granted(relation))
        };
        self.model.relations.iter().filter(is_shown)
    }

    fn ground(&self, relation: &Relation) -> Ground<'_> {
        let path = format!("{}.{}", relation.schema, relation.name);
        let mut patterns = self.wish.owner_only.iter();
        Ground {
            model: self.model,
            meanings: self.meanings,
            filled: self.filled,
            path: &self.path,
            is_owner_only: patterns.any(|pattern| pattern.matches_text(&path)),
        }
    }

    fn cell(&self, case: &Case, concluded: &case::Result) -> Cell {
        let actor = &self.actors[case.actor];
        let because = match (concluded.outcome, self.model.relation(case.relation)) {
            (Outcome::Allowed, Some(relation)) => {
                let declared = explain::declared(self.model, relation, &actor.role, case.operation);
                format!("{declared}{}", concluded.because)
            }
            _ => concluded.because.clone(),
        };
        Cell {
            object: case.object.clone(),
            actor: actor.name.clone(),
            operation: case.operation,
            outcome: concluded.outcome,
            because,
        }
    }

    fn verdict(&self, case: &Case, cell: &Cell, is_public: bool) -> Judgement {
        let actor = &self.actors[case.actor];
        let relation = self.model.relation(case.relation);
        let grain = match (case.is_owned, relation) {
            (Some(true), _) => Grain::User,
            (Some(false), _) | (None, None) => Grain::Global,
            (None, Some(relation)) => self.meanings.grain(relation.oid),
        };
        let known = Circumstances {
            grain,
            is_bypassing: self.model.bypassing.contains(&actor.role),
            is_public,
            is_declared_open: relation
                .is_some_and(|relation| relation.is_declared_open(&actor.role)),
        };
        judge::judge(cell, known, &self.wish.rules)
    }

    async fn call(
        &self,
        visitor: &mut PgConnection,
        cells: &mut Vec<Cell>,
        found: &mut Found,
    ) -> Result<()> {
        let calls = Calls {
            model: self.model,
            meanings: self.meanings,
            filled: self.filled,
            path: &self.path,
        };
        let told = calls.tell(visitor, &self.actors).await?;
        let roles: BTreeMap<&str, &Actor> = self
            .actors
            .iter()
            .map(|actor| (actor.name.as_str(), actor))
            .collect();
        for mut cell in told.cells {
            let leak = told.leaks.get(&(cell.object.clone(), cell.actor.clone()));
            if let Some(words) = leak {
                cell.because.clone_from(words);
            }
            let known = Circumstances {
                grain: Grain::Global,
                is_bypassing: roles
                    .get(cell.actor.as_str())
                    .is_some_and(|actor| self.model.bypassing.contains(&actor.role)),
                is_public: false,
                is_declared_open: false,
            };
            match (judge::judge(&cell, known, &self.wish.rules), leak) {
                (Judgement::Fine, Some(_)) if !self.is_allowed(&cell) => {
                    found.leaks.push((cell.clone(), Judgement::Leak));
                }
                (Judgement::Fine | Judgement::Leak | Judgement::Open, _) => {}
                (against, _) => found.leaks.push((cell.clone(), against)),
            }
            cells.push(cell);
        }
        Ok(())
    }

    fn is_allowed(&self, cell: &Cell) -> bool {
        self.wish.rules.iter().any(|rule| {
            let is_actor = rule
                .actor
                .as_ref()
                .is_none_or(|actor| actor.matches_text(&cell.actor));
            let path = cell.object.replace('"', "");
            is_actor
                && rule.object.matches_text(&path)
                && rule
                    .allow
                    .iter()
                    .any(|word| cell.operation.is_meant_by(word))
        })
    }
}
