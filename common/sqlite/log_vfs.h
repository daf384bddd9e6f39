// Fewer and larger writes to the write-ahead log.
//
// SQLite appends a transaction to its log with two system calls a page: 24 bytes of header, then the page. A group
// of 64 new links dirties some 140 pages. This VFS (SQLite's word for the layer below it, https://sqlite.org/vfs.html)
// collects writes that continue one another and passes them on in pieces of up to 96 KiB.
//
// Why nothing is lost and nobody sees less than before:
//
//   1. Order. Whatever is not the continuation of the write before (a read, a sync, a truncation, a question for the
//      size, a write elsewhere) first writes out what was collected.
//   2. Commits. With synchronous=FULL SQLite syncs the log before it tells anyone, in its shared index, that the new
//      pages are there. So no connection looks for a page that is still in memory, and what a crash takes from
//      memory was never committed. With any other setting this would be wrong: Database has no other.
//   3. Rollbacks. A transaction that is rolled back must have written nothing: the connection runs with
//      cache_spill = OFF (group_writer.cpp), so that only COMMIT writes.
//   4. Errors of a delayed write come back from the call that caused it, at the latest from the sync, before COMMIT.
//   5. Only log files. The database file, its locks and the shared memory remain the default VFS's own, so connections
//      with and without this can share a file.

#pragma once

namespace common::sqlite {

// The name to open a connection with. Registers it at the first call; thread-safe.
// Throws std::runtime_error if SQLite has no default VFS.
const char* log_vfs();

}  // namespace common::sqlite
