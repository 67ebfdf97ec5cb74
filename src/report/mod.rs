//! What people and scripts are shown: consumers of the engine's plan and events.
//!
//! Everything here turns data into text; [`crate::ui::Ui`] is the one place that prints it.

mod diagnosis;
mod federation;
mod kinds;
mod lines;
mod ndjson;
mod paint;
mod plan_text;
mod progress;
mod span;
mod timings;
mod todo;
mod ways_in;

pub use diagnosis::diagnosis_text;
pub use federation::registrations;
pub use kinds::kind_words;
pub use ndjson::{FORMAT, HEARTBEAT, Ndjson};
pub use paint::Paint;
pub use plan_text::{Look, Place, losses, plan_text, summary};
pub use progress::Progress;
pub(crate) use span::{addresses, objects};
pub use timings::{Recording, Share, Timings};
pub use todo::{todo, todo_text};
pub use ways_in::ways_in;
