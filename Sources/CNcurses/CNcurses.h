// The door to ncurses: a terminal's screen. What is a macro there, or a variable, is a function here.
#ifndef TOKEND_CNCURSES_H
#define TOKEND_CNCURSES_H

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <poll.h>
#include <signal.h>

// Opens the terminal that standard input and output are. Unlike initscr(3), it comes back if that can't be, as with a
// kind of terminal that is not known, or that can't write at any place. 0 if it is open.
static inline int cncurses_open(void) {
    // Whoever starts the program may have blocked them, and that is inherited: ncurses waits for these.
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGTERM);
    sigaddset(&heard, SIGHUP);
    sigaddset(&heard, SIGWINCH);
    sigprocmask(SIG_UNBLOCK, &heard, NULL);
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) return -1;
    char *move = tigetstr("cup");
    if (move == NULL || move == (char *)-1) {
        endwin();
        delscreen(screen);
        return -1;
    }
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
        init_pair(1, COLOR_GREEN, -1);
        init_pair(2, COLOR_RED, -1);
        init_pair(3, COLOR_CYAN, -1);
    }
    return 0;
}

static inline void cncurses_close(void) { endwin(); }

static inline int cncurses_width(void) { return getmaxx(stdscr); }
static inline int cncurses_height(void) { return getmaxy(stdscr); }
static inline int cncurses_has_colors(void) { return has_colors(); }

static inline void cncurses_begin(void) { erase(); }
static inline void cncurses_end(void) { refresh(); }

// Writes text at a place, in the colour of a pair (0 for none), bold or not.
static inline void cncurses_write(int row, int column, const char *text, int pair, int is_bold) {
    attr_t attributes = is_bold ? A_BOLD : A_NORMAL;
    wattr_set(stdscr, attributes, (short)pair, NULL);
    mvaddstr(row, column, text);
    wattr_set(stdscr, A_NORMAL, 0, NULL);
}

// A key, or ERR if none came within so many milliseconds. KEY_RESIZE if the terminal has another size.
static inline int cncurses_key(int milliseconds) {
    timeout(milliseconds);
    return getch();
}

// Whether the terminal has gone. getch(3) says of that what it says of no key, and says so at once.
static inline int cncurses_has_hung_up(void) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    return poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static inline int cncurses_resized(void) { return KEY_RESIZE; }

#endif
