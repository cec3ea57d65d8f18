/* The control: tokend as it would be if it did not wait for the disk. Preloaded, it asks SQLite for less than tokend
   does, so that acknowledged changes are lost when the power goes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef int (*callback)(void *, int, char **, char **);
typedef int (*exec)(void *, const char *, callback, void *, char **);

int sqlite3_exec(void *database, const char *sql, callback row, void *context, char **error) {
  static const char full[] = "synchronous = FULL", normal[] = "synchronous = NORMAL";
  exec next = (exec)dlsym(RTLD_NEXT, "sqlite3_exec");
  const char *found = sql ? strstr(sql, full) : NULL;
  if (!found) return next(database, sql, row, context, error);
  size_t before = (size_t)(found - sql);
  char *weaker = calloc(1, strlen(sql) + sizeof normal);
  if (!weaker) abort();
  memcpy(weaker, sql, before);
  strcpy(weaker + before, normal);
  strcat(weaker, found + sizeof full - 1);
  int result = next(database, weaker, row, context, error);
  free(weaker);
  return result;
}
