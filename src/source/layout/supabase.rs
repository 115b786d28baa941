//! The Supabase CLI: `supabase/migrations/<digits>_<name>.sql`.

use super::{Layout, Named, Place, Rank, folder::Folder, project, whole};
use crate::inspect::Tool;

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Supabase,
    fits: |folder| project::is_supabase(folder.files, folder.path),
    place,
    up: whole,
};

fn place(path: &str, _: &Folder<'_>) -> Place {
    let Some((version, rest)) = path.split_once('_') else {
        return Place::Left;
    };
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    // The CLI skips an `init` file of its own first versions.
    let is_old_init = rest == "init.sql" && version.len() == 14 && version < "20211209000000";
    if !is_number || is_old_init || path.contains('/') {
        return Place::Left;
    }
    Place::Migration(Named {
        version: version.to_owned(),
        name: rest.trim_end_matches(".sql").to_owned(),
        // The CLI sorts names by their bytes, numbers or not.
        rank: Rank {
            text: path.to_owned(),
            ..Rank::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;

    #[test]
    fn numbered_files_are_taken_and_its_old_init_is_left() {
        let names = [
            "supabase/migrations/20250101000000_a.sql",
            "supabase/migrations/001_a.sql",
            "supabase/migrations/RUN_ALL.sql",
            "supabase/migrations/fix_001.sql",
            "supabase/migrations/20210101000000_init.sql",
        ];
        let files = names.map(|name| (name, "select 1;"));
        let read = taken(&files, "supabase/migrations");
        assert_eq!(read.spelled(), ["001 a", "20250101000000 a"]);
        assert_eq!(read.gaps.len(), 3);
    }
}
