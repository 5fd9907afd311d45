/*
 * The times of decision 0009: one robot on SQL, its session and the sweep. leases.pml takes for granted that the sweep
 * ends no session whose robot goes on; this is why it may. README.md says what is left out.
 *
 * Time passes in ticks of 300 ms, and not while somebody is due. The times up to GRACE are the real ones; the long ones
 * are shorter than they are and stand in the same order.
 */

#define RESUMING_MAX 1  /* ResumingTime.usualMax, 300 ms */
#define STOPPING_MAX 3  /* a child process, between SIGTERM and SIGKILL: 900 ms */
#ifdef SHORT_GRACE
#define GRACE 3
#else
#define GRACE 5         /* LeaseStore.lostSessionGrace, 1500 ms */
#endif
#define ABSENCE_MAX 5   /* ResumingTime.absenceMax */
#ifdef NO_MARGIN
#define TRUST 10
#else
#define TRUST 8         /* LeaseTrust: the lease without its margin */
#endif
#define LEASE 12
#define PROBE_MAX 7     /* the first probe of an idle connection, 2 s */

/* The server. */
mtype = { serving, restarting, absent };
mtype server = serving;
bool moved;             /* the robot's address leads to nobody, another one to the server: decision 0009's exception */
byte started = GRACE;   /* ticks since its start, up to GRACE */

/* The session: its row, and the lock on its connection. */
bool locked = true, ended, lost;
byte lost_for;          /* ticks since lost_at, up to GRACE */
byte renewed;           /* ticks since seen_at, up to LEASE */

/* The robot. */
mtype = { working, resuming, stopping, stopped, suspended };
mtype robot = working;
bool unnoticed;         /* its connection is gone, and it does not know yet */
byte notices;           /* ticks until it must */
byte left;              /* ticks until it must give up, or must have stopped */
byte absence;           /* ticks until a server that is absent is none any more */
byte trusted;           /* ticks since the renewal that it trusts was asked for */
byte asked;             /* ticks since a renewal under way was asked for */
bool asking, carried_out;

#define GOES_ON (robot != stopped && robot != suspended)
#define DUE (unnoticed && notices == 0 || robot == resuming && left == 0 || robot == stopping && left == 0 \
    || (robot == working || robot == resuming) && trusted >= TRUST)

inline shorter(x) { x = (x > 0 -> x - 1 : 0) }
inline longer(x, max) { x = (x < max -> x + 1 : max) }

/* The connection alone is lost. */
inline disconnect(within) {
    locked = false;
    if
    :: robot == working && !unnoticed -> unnoticed = true; notices = within
    :: else
    fi
}

proctype Time() {
    do
    :: d_step { !DUE ->
        shorter(notices);
        shorter(left);
        shorter(absence);
        longer(trusted, TRUST);
        longer(renewed, LEASE);
        longer(started, GRACE);
        if
        :: lost -> longer(lost_for, GRACE)
        :: else
        fi;
        if
        :: asking -> longer(asked, TRUST)
        :: else
        fi
       }
    od
}

proctype Robot() {
    do
    /* untilSessionIsLost, resume */
    :: d_step { unnoticed ->
        unnoticed = false;
        notices = 0;
        if
        :: robot == working -> robot = resuming; left = RESUMING_MAX; absence = ABSENCE_MAX
        :: else
        fi
       }
    :: d_step { robot == resuming && server == serving && !moved ->
        if
        :: ended -> robot = stopping; left = STOPPING_MAX
        :: else -> robot = working; locked = true; lost = false; lost_for = 0; left = 0; absence = 0
        fi
       }
    :: d_step { robot == resuming && server == restarting && !moved -> left = RESUMING_MAX; absence = ABSENCE_MAX }
    :: d_step { robot == resuming && (server == absent || moved) ->
        if
        :: absence > left -> left = absence
        :: else
        fi;
        if
        :: left > RESUMING_MAX -> left = RESUMING_MAX
        :: else
        fi
       }
    :: d_step { robot == resuming && left == 0 -> robot = stopping; left = STOPPING_MAX }
    /* LeaseTrust */
    :: d_step { (robot == working || robot == resuming) && trusted >= TRUST -> robot = stopping; left = STOPPING_MAX }
    :: d_step { robot == stopping -> robot = stopped; left = 0; locked = false }
    :: d_step { robot == working && !asking && trusted > 0 -> asking = true; asked = 0 }
    :: d_step { asking && !carried_out && server == serving ->
        if
        :: ended && (robot == working || robot == resuming) ->
            robot = stopping;
            left = STOPPING_MAX;
            asking = false;
            asked = 0
        :: ended && !(robot == working || robot == resuming) -> asking = false; asked = 0
        :: !ended -> carried_out = true; renewed = 0
        fi
       }
    :: d_step { carried_out -> trusted = asked; asking = false; carried_out = false; asked = 0 }
    od
}

/* SweepQueries.noteLostSessions and endDeadSessions, one after the other, whenever there is a server to do it. */
inline end_dead() {
    if
#ifndef NO_EXPIRY
    :: renewed >= LEASE -> ended = true
#endif
#ifdef NO_GRACE
    :: lost -> ended = true
#elif defined(START_IGNORED)
    :: lost && lost_for >= GRACE -> ended = true
#else
    :: lost && lost_for >= GRACE && started >= GRACE -> ended = true
#endif
    :: else
    fi;
    /* What all of this is for. */
    assert(!ended || !GOES_ON || moved)
}

#ifdef SMART_SHUTDOWN
#define SWEEPS (server == serving || server == restarting)
#else
#define SWEEPS (server == serving)
#endif

proctype Sweep() {
    do
    :: d_step { SWEEPS && !ended ->
        if
        :: !locked && !lost -> lost = true; lost_for = 0
        :: locked && lost -> lost = false; lost_for = 0
        :: else
        fi;
        end_dead()
       }
    od
}

proctype World() {
    do
    :: _pid > 0  /* Nothing need ever happen: fairness is for the others. */
    :: d_step { server == serving && locked -> disconnect(0) }
#ifdef PROMOTED
    /* Another server, long started, takes over the address; the robot notices with its next probe. */
    :: d_step { server == serving && locked -> disconnect(PROBE_MAX) }
#endif
    :: d_step { server == serving -> server = restarting; disconnect(0) }
#ifndef SMART_SHUTDOWN
    :: d_step { server == serving -> server = absent; disconnect(0) }
    :: d_step { server == restarting -> server = absent }
    :: d_step { server == absent -> server = restarting }
    :: d_step { server == restarting -> server = serving; started = 0 }
#endif
    :: d_step { server == serving && !moved -> moved = true; disconnect(0) }
    /* The robot is killed; or it is suspended, and its connection stays. */
    :: d_step { robot != stopped ->
        robot = stopped;
        locked = false;
        unnoticed = false;
        notices = 0;
        left = 0;
        absence = 0
       }
    :: d_step { robot == working ->
        robot = suspended;
        unnoticed = false;
        notices = 0;
        left = 0;
        absence = 0
       }
    od
}

#ifdef ENDS
/* The session of a robot that does nothing any more ends, if the server does not stay away. */
ltl ends { [] (((robot == stopped || robot == suspended) && [] (server == serving)) -> <> ended) }
#endif

init { atomic { run Time(); run Robot(); run Sweep(); run World() } }
