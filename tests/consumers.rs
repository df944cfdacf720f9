//! Containers that hold a value which is replaced, whoever started them: each is named, and no rotation ends well while
//! one has the old value. Real containers.

mod inside;
mod planted;
