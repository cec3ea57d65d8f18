// The door to SQLite (libsqlite3-dev). Wrappers stand here for what Swift cannot import: variadic
// functions, and SQLITE_TRANSIENT, a macro that casts -1 to a function pointer.
#ifndef TOKEND_CSQLITE_H
#define TOKEND_CSQLITE_H

#include <errno.h>
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

/// Whether a call on the database's file or on its log has failed since the connection was opened, and errno was EIO or
/// ENXIO at the last that did (SQLITE_FCNTL_LAST_ERRNO). A read that was cut short by the file's end has it forgotten.
static inline int csqlite_disk_has_failed(sqlite3 *database) {
    int number = 0;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK) number = 0;
    if (number == EIO || number == ENXIO) return 1;
    sqlite3_file *log = 0;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK) return 0;
    if (log == 0 || log->pMethods == 0 || log->pMethods->xFileControl == 0) return 0;
    if (log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK) return 0;
    return number == EIO || number == ENXIO;
}

#endif
