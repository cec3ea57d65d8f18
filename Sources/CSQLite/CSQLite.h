// The door to SQLite (libsqlite3-dev). Wrappers stand here for what Swift cannot import: variadic
// functions, and SQLITE_TRANSIENT, a macro that casts -1 to a function pointer.
#ifndef TOKEND_CSQLITE_H
#define TOKEND_CSQLITE_H

#include <sqlite3.h>

/// sqlite3_bind_text(3) with a copy made at once (SQLITE_TRANSIENT).
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int bytes) {
    return sqlite3_bind_text(statement, index, text, bytes, SQLITE_TRANSIENT);
}

/// sqlite3_bind_blob(3) with a copy made at once (SQLITE_TRANSIENT).
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *blob, int bytes) {
    return sqlite3_bind_blob(statement, index, blob, bytes, SQLITE_TRANSIENT);
}

/// sqlite3_db_config(3) with a boolean setting.
static inline int csqlite_db_config(sqlite3 *database, int setting, int value) {
    return sqlite3_db_config(database, setting, value, (int *)0);
}

/// What errno the last call on the database's file or its log has left, of those that failed; 0 if none did
/// (SQLITE_FCNTL_LAST_ERRNO).
static inline int csqlite_last_errno(sqlite3 *database) {
    int number = 0;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK && number != 0) return number;
    sqlite3_file *log = 0;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK) return 0;
    if (log == 0 || log->pMethods == 0) return 0;
    return log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK ? number : 0;
}

#endif
