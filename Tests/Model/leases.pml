/*
 * The lease protocol: how jobs get to robots and away from them again. README.md says what is left out and which
 * statement of Sources/ each block stands for; `check` runs this model, and its mutants, which must fail.
 *
 * A block in d_step or atomic is one committed transaction, together with what its robot does with the answer.
 */

#ifndef JOBS
#define JOBS 2          /* submitted at the beginning */
#endif
#ifndef RETRIED
#define RETRIED 0       /* jobs that a person's `retry` may add to them */
#endif
#define ALL (JOBS + RETRIED)
#define ROBOTS 2
#ifndef SESSIONS
#define SESSIONS 4      /* a session's place is used again once nothing names it any more */
#endif
#ifndef FAULTS
#define FAULTS 2        /* deaths, lost connections, hangs, lost answers and late writes, all together */
#endif
#ifndef CHANGES
#define CHANGES 1       /* what people do: cancel, retry, pause, resume; and graceful stops */
#endif
#ifndef LATE
#define LATE 1          /* requests that their robot gave up on and that may still arrive */
#endif
#define CRASHES_MAX 2   /* LeaseStore.crashesMax, which is 5 */
#define RETRIES 1       /* of the retry policy */

/* A run's attempts are bounded: it may crash CRASHES_MAX times from the beginning, from its first recorded result and
   from its last, as often as it may fail and once more. */
#ifdef ANSWERED
/* Each answer uses an attempt up, and begins the count of crashes anew. */
#define ATTEMPTS_MAX (3 * CRASHES_MAX * (RETRIES + 1) + CHANGES * (CRASHES_MAX + 1))
#else
#define ATTEMPTS_MAX (3 * CRASHES_MAX * (RETRIES + 1))
#endif


/* ---- The tables. A job is in exactly one of those up to `outcomes`. ---- */

typedef Job {
    bool ready, scheduled, leased, blocked;
#ifdef PAUSED
    bool paused;
    bool later;                         /* column of paused: it goes back to `scheduled` */
    bool pausing;                       /* column of leases: it is to be paused */
    bool kept;                          /* events: somebody paused it, and nothing has ended that since */
#endif
    unsigned outcomes : 2;              /* rows */
    bool letter;                        /* a dead letter that nobody has retried */
    unsigned attempt : 5;               /* columns of ready, scheduled, leases and blocked */
    unsigned crashes : 4;
    unsigned token : 3;                 /* columns of leases */
    unsigned holder : 3;
    bool aged;                          /* the lease has outlived a renewal: only such ones are older than 60 s */
    bool advanced;                      /* a result was recorded under this lease */
    unsigned tried : 5;                 /* rows of attempts */
    unsigned failures : 2;              /* those of them that are no crashes */
    bool read_done;                     /* journal: the result of the step that may be repeated */
    unsigned effect : 2;                /* journal: of the effect */
#ifdef ANSWERED
    unsigned answers : 2;               /* events: that a person has said what became of the effect */
#endif
    unsigned performed : 2              /* of the world, known to nobody: how often the effect was performed */
}
#ifdef ANSWERED
#define ANSWERS(j) jobs[j].answers
#else
#define ANSWERS(j) 0
#endif
#ifdef PAUSED
#define STANDS(j) jobs[j].paused
#else
#define STANDS(j) 0
#endif
#define ABSENT 0
#define INTENT 1
#define RESULT 2

/* robot_sessions */
typedef Session {
    bool used, ended;
    unsigned owner : 1;                 /* the robot */
    bool former                         /* of an earlier boot of it */
}

/* A robot: one slot, and one process, after which comes the next. */
typedef Robot {
    bool stopping;
    unsigned open : 3;                  /* its session */
    unsigned working : 2;               /* the run in its slot */
    unsigned under : 3;                 /* that run's token */
    unsigned phase : 4;
#ifdef PAUSED
    bool to_pause;                      /* a renewal has said so of that run */
#endif
    bool excepted;                      /* decision 0009: it is cut off and goes on, and the sweep does not wait */
#ifdef RESCUED
    bool hung;                          /* its step never ends by itself; elsewhere it just may never do so */
#endif
    bool renewing;                      /* a renewal is under way beside the job, and named this */
    unsigned named : 2;
    unsigned named_under : 3
}
#define NONE 7          /* no session */
#define NO_JOB 3
#define LOADING 1       /* reads the journal */
#define READING 2       /* performs the step that may be repeated */
#define COMMITTING 3    /* stores its result, and the intent of the effect */
#define ACTING 4        /* performs the effect */
#define FINISHED 5      /* reports: completed */
#define FAILED 6        /* reports: failed */
#define IN_DOUBT 7      /* reports: a person must say */
#define INTERRUPTED 8   /* hands the job back */
#define ENDING 9        /* the mutant ENDING_IN_TWO only */
#ifdef RESCUED
#define GOES_ON(r) (!robots[r].hung)
#else
#define GOES_ON(r) true
#endif

/* A request that its robot gave up on, and that may still arrive. */
typedef Late {
    unsigned kind : 4;
    unsigned robot : 1;
    unsigned open : 3;                  /* a session */
    unsigned regards : 2;               /* a job */
    unsigned names : 3;                 /* a token; of OPEN: whether the boot is over */
    bool passed                         /* a later one of its kind was answered */
}
#define NOTHING 0
#define OPEN 1
#define LEASE 2
#define RENEW 3
#define CHECKPOINT 4
#define COMPLETE 5
#define FAIL 6
#define BLOCK 7
#define RELEASE 8
#define CLOSE 9

Job jobs[ALL];
Session sessions[SESSIONS];
Robot robots[ROBOTS];
Late late[LATE];
byte found = NO_JOB, found_under;       /* what the sweep has read of an orphaned lease, and not yet acted upon */

byte faults = FAULTS, changes = CHANGES;

/* ---- What must hold. ---- */

#define PLACES(j) \
    (jobs[j].ready + jobs[j].scheduled + jobs[j].leased + jobs[j].blocked + STANDS(j) + jobs[j].outcomes)
#define RUNS(r, j) (robots[r].working == j && (robots[r].phase == READING || robots[r].phase == ACTING))

/* After every transaction that touches job j. A job that nobody has submitted yet is nowhere. */
inline stored(j) {
#ifdef ONLY_OUTCOMES
    assert(jobs[j].outcomes <= 1)
#else
    assert(jobs[j].outcomes <= 1);
    assert(PLACES(j) == 1);
    /* A lease that was released has used no attempt up. */
    assert(jobs[j].outcomes > 0
        || jobs[j].attempt == jobs[j].tried + ANSWERS(j) + (jobs[j].leased || jobs[j].blocked));
#ifdef PAUSED
    /* The wish that a job be paused goes with its lease, and is not lost while the job goes on. */
    assert(jobs[j].leased || !jobs[j].pausing);
    assert(jobs[j].kept == (jobs[j].paused || jobs[j].pausing));
#endif
    /* However often its robots die, it comes to an end. */
    assert(jobs[j].attempt <= ATTEMPTS_MAX)
#endif
}

/* Before a write that names a token takes effect. */
#ifdef ONLY_OUTCOMES
#define current(j, t) skip
#else
#define current(j, t) assert(jobs[j].leased && jobs[j].token == t)
#endif

/* Robot r begins a step of its job. */
inline begins(r) {
#ifdef ONLY_OUTCOMES
    skip
#else
#ifdef NO_GRACE
    /* Without its grace the sweep waits for nobody who is cut off. */
    assert(!RUNS(1 - r, robots[r].working))
#else
    assert(!RUNS(1 - r, robots[r].working) || robots[r].excepted || robots[1 - r].excepted)
#endif
#endif
}

/* ---- Statements. ---- */

#ifdef NO_FENCE
#define HELD(j, t) (jobs[j].leased)
#else
#define HELD(j, t) (jobs[j].leased && jobs[j].token == t)
#endif

inline forget_lease(j) {
    jobs[j].leased = false;
    jobs[j].token = 0;
    jobs[j].holder = 0;
    jobs[j].aged = false;
#ifdef PAUSED
    jobs[j].pausing = false;
#endif
    jobs[j].advanced = false
}

/* What every statement does that puts a leased job back: at once, or for later. */
inline put_back(j, is_later) {
#ifdef PAUSED
    if
    :: jobs[j].pausing -> jobs[j].paused = true; jobs[j].later = is_later
    :: !jobs[j].pausing && is_later -> jobs[j].scheduled = true
    :: else -> jobs[j].ready = true
    fi;
#else
    if
    :: is_later -> jobs[j].scheduled = true
    :: else -> jobs[j].ready = true
    fi;
#endif
    forget_lease(j)
}

/* Nobody can pause it any more. */
inline forget_pause(j) {
#ifdef PAUSED
    jobs[j].paused = false;
    jobs[j].later = false;
    jobs[j].kept = false
#else
    skip
#endif
}

#define NAMES_LATE(m, s) (late[m].kind != NOTHING && late[m].open == s)
#if LATE > 1
#define NAMED_LATE(s) (NAMES_LATE(0, s) || NAMES_LATE(1, s))
#else
#define NAMED_LATE(s) NAMES_LATE(0, s)
#endif
#define ANY_IN(s) (robots[0].open == s || robots[1].open == s)
#define HOLDS(s, j) (jobs[j].leased && jobs[j].holder == s)
#if ALL == 1
#define HOLDS_ANY(s) HOLDS(s, 0)
#elif ALL == 2
#define HOLDS_ANY(s) (HOLDS(s, 0) || HOLDS(s, 1))
#else
#define HOLDS_ANY(s) (HOLDS(s, 0) || HOLDS(s, 1) || HOLDS(s, 2))
#endif

/* SessionQueries.open; before it SweepQueries.purgeSessions. `boot` is false for the request of a boot that is over. */
inline open_session(r, boot, s) {
    for (i : 0 .. SESSIONS - 1) {
        if
        :: sessions[i].used && sessions[i].owner == r && sessions[i].former == !boot -> sessions[i].ended = true
        :: else
        fi;
        if
        :: sessions[i].used && sessions[i].ended && !ANY_IN(i) && !HOLDS_ANY(i) && !NAMED_LATE(i) ->
            sessions[i].used = false;
            sessions[i].ended = false;
            sessions[i].owner = 0;
            sessions[i].former = false
        :: else
        fi
    }
    s = 0;
    do
    :: s < SESSIONS && sessions[s].used -> s++
    :: else -> break
    od;
    assert(s < SESSIONS);
    sessions[s].used = true;
    sessions[s].ended = false;
    sessions[s].owner = r;
    sessions[s].former = !boot
}

#define NAMED(j, t) (robots[0].working == j && robots[0].under == t || robots[1].working == j && robots[1].under == t \
    || robots[0].named == j && robots[0].named_under == t || robots[1].named == j && robots[1].named_under == t \
    || found == j && found_under == t || TOKEN_LATE(0, j, t) || TOKEN_LATE(LATE - 1, j, t))
#define TOKEN_LATE(m, j, t) (late[m].kind != NOTHING && late[m].regards == j && late[m].names == t)

/* The sequence lease_tokens. Tokens are only ever asked whether they are the same, so the lowest that nobody names any
   more is as good as the next one. */
inline new_token(j) {
    jobs[j].token = 1;
    do
    :: NAMED(j, jobs[j].token) -> jobs[j].token++
    :: else -> break
    od
}

/* LeaseQueries.lease */
inline lease_job(j, s) {
    jobs[j].ready = false;
    jobs[j].leased = true;
    jobs[j].attempt++;
    new_token(j);
    jobs[j].holder = s;
    stored(j)
}

/* Nothing of these is looked at again. */
inline tidy(j) {
    jobs[j].attempt = 0;
    jobs[j].crashes = 0;
    jobs[j].tried = 0;
    jobs[j].failures = 0;
    jobs[j].read_done = false;
#ifdef ANSWERED
    jobs[j].answers = 0;
#endif
    jobs[j].effect = ABSENT
}

/* EndingQueries.complete, with the effect's result beside it. */
inline complete(j, t, done) {
    done = HELD(j, t);
    if
    :: done ->
        current(j, t);
        jobs[j].effect = RESULT;
#ifdef ENDING_IN_TWO
        /* The outcome first, in a transaction of its own; the lease goes with the next one. */
#ifdef NO_OUTCOME_KEY
        jobs[j].outcomes++
#else
        jobs[j].outcomes = 1
#endif
#else
        forget_lease(j);
        forget_pause(j);
        jobs[j].outcomes++;
        stored(j);
        tidy(j)
#endif
    :: else
    fi
}

inline dead_letter(j) {
    jobs[j].tried++;
    forget_lease(j);
    forget_pause(j);
    jobs[j].outcomes++;
    jobs[j].letter = RETRIED > 0;
    stored(j);
    tidy(j)
}

/* LeaseStore.fail, with what the run has recorded beside it. */
inline fail(j, t, done) {
    done = HELD(j, t);
    if
    :: done ->
        current(j, t);
        if
        :: jobs[j].failures < RETRIES ->
            jobs[j].failures++;
            /* JournalQueries.trim */
            if
            :: jobs[j].effect == ABSENT -> jobs[j].read_done = false
            :: else
            fi;
            put_back(j, true);
            jobs[j].tried++;
            jobs[j].crashes = 0;
            stored(j)
        :: else -> dead_letter(j)
        fi
    :: else
    fi
}

/* EndingQueries.block */
inline block(j, t, done) {
    done = HELD(j, t);
    if
    :: done ->
        current(j, t);
        forget_lease(j);
        forget_pause(j);
        jobs[j].blocked = true;
        stored(j)
    :: else
    fi
}

inline hand_back(j) {
    put_back(j, false);
#ifndef RELEASE_USES_ATTEMPT
    jobs[j].attempt--;
#endif
    stored(j)
}

/* EndingQueries.release, after the entries that go before it. */
inline release(j, t, done) {
    done = HELD(j, t);
    if
    :: done ->
        current(j, t);
        hand_back(j)
    :: else
    fi
}

/* JournalQueries.checkpoint: the first step's result, and the effect's intent. */
inline checkpoint(j, t, done) {
    done = HELD(j, t);
    if
    :: done ->
        current(j, t);
        if
        :: !jobs[j].read_done ->
            jobs[j].read_done = true;
            jobs[j].advanced = true
        :: else
        fi;
        if
        :: jobs[j].effect == ABSENT -> jobs[j].effect = INTENT
        :: else
        fi
    :: else
    fi
}

/* LeaseStore.crash: an attempt of which nobody will say how it went. */
inline crash(j) {
    if
    :: jobs[j].advanced -> jobs[j].crashes = 0
    :: else -> jobs[j].crashes++
    fi;
    if
#ifndef NO_CRASH_GUARD
    :: jobs[j].crashes >= CRASHES_MAX -> dead_letter(j)
#endif
    :: else ->
        jobs[j].tried++;
#ifdef CRASH_FORGETS_PAUSE
        jobs[j].pausing = false;
#endif
        put_back(j, false);
        stored(j)
    fi
}

/* LeaseStore.renew and takeUnclaimed. One that is in time is what a robot's trust rests on. One that comes after a
   later one takes nothing. */
inline renew(s, j, t, in_time, taking, is_open, lost) {
    is_open = sessions[s].used && !sessions[s].ended;
    lost = false;
    if
    :: is_open ->
        lost = j != NO_JOB && !(jobs[j % ALL].leased && jobs[j % ALL].token == t && jobs[j % ALL].holder == s);
        for (i : 0 .. ALL - 1) {
            if
            :: taking && jobs[i].leased && jobs[i].holder == s && i != j && jobs[i].aged -> crash(i)
            :: in_time && jobs[i].leased && jobs[i].holder == s && !(i != j && jobs[i].aged) -> jobs[i].aged = true
            :: else
            fi
        }
    :: else
    fi
}

/* LeaseStore.closeSession */
inline close_session(s) {
    sessions[s].ended = true;
    for (i : 0 .. ALL - 1) {
        if
        :: jobs[i].leased && jobs[i].holder == s -> hand_back(i)
        :: else
        fi
    }
}

/* JobQueries.cancel */
inline cancel(j) {
    jobs[j].ready = false;
    jobs[j].scheduled = false;
    jobs[j].blocked = false;
#ifdef CANCEL_KEEPS_LEASE
    skip;
#else
    forget_lease(j);
#endif
    forget_pause(j);
    jobs[j].outcomes++;
    stored(j);
    tidy(j)
}

#ifdef PAUSED
#define WAITS(j) (jobs[j].ready || jobs[j].scheduled)
/* PauseQueries.pause: what waits is taken aside, what runs is marked. */
inline pause(j) {
    jobs[j].kept = true;
    if
    :: jobs[j].leased -> jobs[j].pausing = true
    :: else ->
        jobs[j].paused = true;
        jobs[j].later = jobs[j].scheduled;
        jobs[j].ready = false;
        jobs[j].scheduled = false
    fi;
    stored(j)
}

/* PauseQueries.resume */
inline resume(j) {
    if
    :: jobs[j].leased -> jobs[j].pausing = false
    :: jobs[j].paused && jobs[j].later -> jobs[j].scheduled = true
    :: else -> jobs[j].ready = true
    fi;
    forget_pause(j);
    stored(j)
}
#endif

#ifdef ANSWERED
#ifdef ANSWER_COUNTS_TWICE
#define ASKS(j) (jobs[j].blocked || jobs[j].answers == 1 && jobs[j].outcomes == 0)
#else
#define ASKS(j) (jobs[j].blocked)
#endif
/* ResolveQueries.resolve: the effect happened or counts as if it had, RESULT; or it is to be performed, ABSENT. */
inline resolve(j, entry) {
    jobs[j].blocked = false;
    jobs[j].ready = true;
    jobs[j].crashes = 0;
    jobs[j].effect = entry;
    jobs[j].answers++;
    stored(j)
}
#endif

/* ---- What a robot does by itself. ---- */

inline end_run(r) {
    robots[r].working = NO_JOB;
    robots[r].under = 0;
#ifdef PAUSED
    robots[r].to_pause = false;
#endif
#ifdef RESCUED
    robots[r].hung = false;
#endif
    robots[r].phase = 0
}

/* Its session is over: the job is stopped and the renewal given up. */
inline end_service(r) {
    end_run(r);
    robots[r].open = NONE;
    robots[r].excepted = false;
    robots[r].renewing = false;
    robots[r].named = NO_JOB;
    robots[r].named_under = 0
}

/* The process ends; the next one is another boot. */
inline ends(r) {
    end_service(r);
    robots[r].stopping = false;
    for (i : 0 .. SESSIONS - 1) {
        if
        :: sessions[i].owner == r && sessions[i].used -> sessions[i].former = true
        :: else
        fi
    }
    for (i : 0 .. LATE - 1) {
        if
        :: late[i].kind == OPEN && late[i].robot == r -> late[i].names = 1
        :: else
        fi
    }
    i = 0
}

/* How a request fares: it is answered; it is carried out, and the answer is lost; or it is late. */
#define IS_ANSWERED 0
#define IS_UNANSWERED 1
#define IS_LATE 2

inline send(what, who, where, which, key, fate) {
    if
    :: fate = IS_ANSWERED
    :: faults > 0 -> fate = IS_UNANSWERED; faults--
    :: faults > 0 && late[0].kind == NOTHING ->
        fate = IS_LATE;
        faults--;
        late[0].kind = what;
        late[0].robot = who;
        late[0].open = where;
        late[0].regards = which;
        late[0].names = key
#if LATE > 1
    :: faults > 0 && late[0].kind != NOTHING && late[1].kind == NOTHING ->
        fate = IS_LATE;
        faults--;
        late[1].kind = what;
        late[1].robot = who;
        late[1].open = where;
        late[1].regards = which;
        late[1].names = key
#endif
    fi
}

/* The late requests of this kind and robot are older than one that was carried out. */
inline pass(what, r) {
    for (i : 0 .. LATE - 1) {
        if
        :: late[i].kind == what && late[i].robot == r -> late[i].passed = true
        :: else
        fi
    }
}

inline written(r, fate, done) {
    /* An answer that was lost is asked for again; a refused write ends the run. */
    if
    :: fate == IS_ANSWERED -> end_run(r)
    :: else
    fi
}

#if ALL == 1
#define ANY_READY (jobs[0].ready)
#elif ALL == 2
#define ANY_READY (jobs[0].ready || jobs[1].ready)
#else
#define ANY_READY (jobs[0].ready || jobs[1].ready || jobs[2].ready)
#endif
#define FREE(r) (robots[r].open != NONE && robots[r].working == NO_JOB)
#ifdef PAUSED
#define TO_STOP(r) (robots[r].stopping || robots[r].to_pause)
#else
#define TO_STOP(r) (robots[r].stopping)
#endif
#define IN(r, p) (robots[r].working != NO_JOB && robots[r].phase == p)

/* RobotAgent, JobExecutor and RunDriver. */
proctype Runner(byte r) {
    byte i, s, j, fate;
    bool done;
    do
    /* A session, in place of the one before. */
    :: atomic { robots[r].open == NONE && !robots[r].stopping ->
        send(OPEN, r, NONE, NO_JOB, 0, fate);
        if
        :: fate != IS_LATE ->
            d_step {
                open_session(r, true, s);
                pass(OPEN, r);
                if
                :: fate == IS_ANSWERED -> robots[r].open = s
                :: else
                fi
            }
        :: else
        fi;
        s = 0; i = 0; fate = 0
       }
    /* A job. */
    :: atomic { FREE(r) && !robots[r].stopping && !sessions[robots[r].open].ended && ANY_READY ->
        if
        :: jobs[0].ready -> j = 0
#if ALL > 1
        :: jobs[1].ready -> j = 1
#endif
#if ALL > 2
        :: jobs[2].ready -> j = 2
#endif
        fi;
        send(LEASE, r, robots[r].open, NO_JOB, 0, fate);
        if
        :: fate != IS_LATE ->
            d_step {
                lease_job(j, robots[r].open);
                if
                :: fate == IS_ANSWERED ->
                    robots[r].working = j;
                    robots[r].under = jobs[j].token;
                    robots[r].phase = LOADING
                :: else
                fi
            }
        :: else
        fi;
        j = 0; fate = 0
       }
    /* None: its session has ended. */
    :: atomic { FREE(r) && sessions[robots[r].open].ended -> end_service(r) }
    :: d_step { IN(r, LOADING) ->
        j = robots[r].working;
        if
        :: !HELD(j, robots[r].under) -> end_run(r)
        :: else ->
            if
            :: jobs[j].effect == INTENT -> robots[r].phase = IN_DOUBT
            :: jobs[j].effect == RESULT -> robots[r].phase = FINISHED
            :: jobs[j].effect == ABSENT && jobs[j].read_done -> robots[r].phase = COMMITTING
            :: else -> robots[r].phase = READING; begins(r)
            fi
        fi;
        j = 0
       }
    /* The first step ends, well or not, or is a wait that is left. */
    :: atomic { IN(r, READING) && GOES_ON(r) ->
        if
        :: TO_STOP(r) -> robots[r].phase = INTERRUPTED
        :: !TO_STOP(r) -> robots[r].phase = COMMITTING
        :: robots[r].phase = FAILED
        fi
       }
    :: atomic { IN(r, COMMITTING) ->
        send(CHECKPOINT, r, NONE, robots[r].working, robots[r].under, fate);
        if
        :: fate != IS_LATE ->
            d_step {
                checkpoint(robots[r].working, robots[r].under, done);
                if
                :: fate == IS_ANSWERED && done ->
                    robots[r].phase = ACTING;
                    jobs[robots[r].working].performed++;
                    assert(jobs[robots[r].working].performed <= 1);
                    begins(r)
                :: fate == IS_ANSWERED && !done -> end_run(r)
                :: else
                fi
            }
        :: else
        fi;
        fate = 0; done = false
       }
    /* The effect has happened. What follows it may fail. */
    :: atomic { IN(r, ACTING) && GOES_ON(r) -> robots[r].phase = FINISHED }
    :: atomic { IN(r, FINISHED) ->
        send(COMPLETE, r, NONE, robots[r].working, robots[r].under, fate);
        if
        :: fate != IS_LATE ->
            d_step {
                complete(robots[r].working, robots[r].under, done);
#ifdef ENDING_IN_TWO
                robots[r].phase = ENDING
#else
                written(r, fate, done)
#endif
            }
        :: else
        fi;
        fate = 0; done = false
       }
#ifdef ENDING_IN_TWO
    :: d_step { IN(r, ENDING) ->
        if
        :: HELD(robots[r].working, robots[r].under) -> forget_lease(robots[r].working); stored(robots[r].working)
        :: else
        fi;
        end_run(r)
       }
#endif
    :: atomic { IN(r, FAILED) ->
        send(FAIL, r, NONE, robots[r].working, robots[r].under, fate);
        if
        :: fate != IS_LATE -> d_step { fail(robots[r].working, robots[r].under, done); written(r, fate, done) }
        :: else
        fi;
        fate = 0; done = false
       }
    :: atomic { IN(r, IN_DOUBT) ->
        send(BLOCK, r, NONE, robots[r].working, robots[r].under, fate);
        if
        :: fate != IS_LATE -> d_step { block(robots[r].working, robots[r].under, done); written(r, fate, done) }
        :: else
        fi;
        fate = 0; done = false
       }
    :: atomic { IN(r, INTERRUPTED) ->
        send(RELEASE, r, NONE, robots[r].working, robots[r].under, fate);
        if
        :: fate != IS_LATE -> d_step { release(robots[r].working, robots[r].under, done); written(r, fate, done) }
        :: else
        fi;
        fate = 0; done = false
       }
    /* A graceful stop has taken too long: the step is cut off. */
    :: atomic { robots[r].stopping && robots[r].working != NO_JOB -> end_run(r) }
    /* The process ends, with or without having been able to say so. */
    :: atomic { robots[r].stopping && robots[r].working == NO_JOB ->
        if
        :: robots[r].open != NONE ->
            send(CLOSE, r, robots[r].open, NONE, 0, fate);
            if
            :: fate != IS_LATE -> d_step { close_session(robots[r].open); i = 0 }
            :: else
            fi
        :: else
        fi;
        d_step { ends(r) };
        i = 0; fate = 0
       }
    od
}

/* RunningJobs.pause: what a renewal says of run j, with token t, as long as it goes on. */
inline hear(r, j, t) {
#ifdef PAUSED
    if
    :: j != NO_JOB && robots[r].working == j && robots[r].under == t -> robots[r].to_pause = jobs[j % ALL].pausing
    :: else
    fi
#else
    skip
#endif
}

/* A renewal, of which run j with token t was named. What the answer says stays true, so it is as good as given at the
   commit. */
inline keep(r, j, t) {
    renew(robots[r].open, j, t, true, true, is_open, lost);
    if
    :: is_open ->
        pass(RENEW, r);
        if
#ifdef STOPS_BY_JOB
        :: lost && robots[r].working == j ->
#else
        :: lost && robots[r].working == j && robots[r].under == t ->
#endif
            /* Only a run whose lease has passed on is stopped. */
            assert(!(jobs[robots[r].working].leased && jobs[robots[r].working].token == robots[r].under));
            end_run(r)
        :: else
        fi;
        hear(r, j, t)
    :: else -> end_service(r)
    fi;
    is_open = false; lost = false; i = 0
}

/* The keeper of the session: RobotAgent.keep. */
proctype Keeper(byte r) {
    byte i;
    bool is_open, lost;
    do
    :: d_step { robots[r].open != NONE && !robots[r].renewing ->
        keep(r, robots[r].working, robots[r].under)
       }
    /* It takes its time, and the job goes on. */
    :: d_step { robots[r].open != NONE && !robots[r].renewing && faults > 0 ->
        faults--;
        robots[r].renewing = true;
        robots[r].named = robots[r].working;
        robots[r].named_under = robots[r].under
       }
    :: d_step { robots[r].renewing ->
        keep(r, robots[r].named, robots[r].named_under);
        robots[r].renewing = false;
        robots[r].named = NO_JOB;
        robots[r].named_under = 0
       }
    /* Given up on, and sent again: the old one is still on its way. */
    :: d_step { robots[r].open != NONE && !robots[r].renewing && faults > 0 && late[0].kind == NOTHING ->
        faults--;
        late[0].kind = RENEW;
        late[0].robot = r;
        late[0].open = robots[r].open;
        late[0].regards = robots[r].working;
        late[0].names = robots[r].under
       }
    od
}

/* ---- The database's own part: any orchestrator's loops. ---- */

/* The sweep waits until a robot that is cut off has come back or has stopped, but for the exception: see grace.pml. */
#define MAY_END(s, r) (robots[r].open != s || robots[r].excepted)
#define CAN_END(s) (sessions[s].used && !sessions[s].ended && MAY_END(s, 0) && MAY_END(s, 1))

#ifdef RESCUE_UNCHECKED
#define ORPHANED(j) (jobs[j].leased)
#else
#define ORPHANED(j) (jobs[j].leased && sessions[jobs[j].holder].ended)
#endif

/* SweepQueries.endDeadSessions */
inline end_session(s) {
    d_step { CAN_END(s) ->
        sessions[s].ended = true;
#ifdef RESCUE_ONCE
        /* With the session's end, and never again. */
        for (i : 0 .. ALL - 1) {
            if
            :: HOLDS(s, i) -> crash(i)
            :: else
            fi
        }
        i = 0
#endif
    }
}

/* SweepQueries.orphanedLeases; what it says may be old when it is acted upon. */
inline find_orphan(j) {
    d_step { found == NO_JOB && ORPHANED(j) -> found = j; found_under = jobs[j].token }
}

proctype Sweep() {
    byte i;
    do
    :: end_session(0)
    :: end_session(1)
#if SESSIONS > 2
    :: end_session(2)
#endif
#if SESSIONS > 3
    :: end_session(3)
#endif
#if SESSIONS > 4
    :: end_session(4)
#endif
#ifndef RESCUE_ONCE
    :: find_orphan(0)
#if ALL > 1
    :: find_orphan(1)
#endif
#if ALL > 2
    :: find_orphan(2)
#endif
#endif
    :: d_step { found != NO_JOB ->
        if
        :: jobs[found].leased && jobs[found].token == found_under -> crash(found)
        :: else
        fi;
        found = NO_JOB;
        found_under = 0
       }
    od
}

/* LeaseStore.promoteDue */
proctype Promotion() {
    do
    :: d_step { jobs[0].scheduled -> jobs[0].scheduled = false; jobs[0].ready = true; stored(0) }
#if ALL > 1
    :: d_step { jobs[1].scheduled -> jobs[1].scheduled = false; jobs[1].ready = true; stored(1) }
#endif
#if ALL > 2
    :: d_step { jobs[2].scheduled -> jobs[2].scheduled = false; jobs[2].ready = true; stored(2) }
#endif
    od
}

/* ---- Late requests arrive, in any order, or never. ---- */

inline late_arrives(m) {
    atomic { late[m].kind != NOTHING ->
        if
        :: late[m].kind == LEASE && sessions[late[m].open].used ->
            /* Its snapshot may be older than the session's end. */
            if
            :: jobs[0].ready -> j = 0
#if ALL > 1
            :: jobs[1].ready -> j = 1
#endif
#if ALL > 2
            :: jobs[2].ready -> j = 2
#endif
            :: j = NO_JOB
            fi
        :: else -> j = late[m].regards
        fi;
        d_step {
            r = late[m].robot;
            if
#ifdef LATE_OPEN_SUPERSEDES
            :: late[m].kind == OPEN ->
#else
            :: late[m].kind == OPEN && !late[m].passed ->
#endif
                open_session(r, late[m].names == 0, s)
            :: late[m].kind == LEASE && j != NO_JOB -> lease_job(j, late[m].open)
            :: late[m].kind == RENEW ->
#ifdef LATE_RENEWAL_TAKES
                renew(late[m].open, j, late[m].names, false, true, is_open, done)
#else
                renew(late[m].open, j, late[m].names, false, !late[m].passed, is_open, done)
#endif
            :: late[m].kind == CHECKPOINT -> checkpoint(j, late[m].names, done)
            :: late[m].kind == COMPLETE -> complete(j, late[m].names, done)
            :: late[m].kind == FAIL -> fail(j, late[m].names, done)
            :: late[m].kind == BLOCK -> block(j, late[m].names, done)
            :: late[m].kind == RELEASE -> release(j, late[m].names, done)
            :: late[m].kind == CLOSE -> close_session(late[m].open)
            :: else
            fi;
            late[m].kind = NOTHING;
            late[m].robot = 0;
            late[m].open = 0;
            late[m].regards = 0;
            late[m].names = 0;
            late[m].passed = false;
            r = 0; s = 0; j = 0; i = 0; done = false; is_open = false
        }
    }
}

proctype Network() {
    byte i, r, s, j;
    bool done, is_open;
    do
    :: _pid > 0  /* Always so: fairness makes nothing of this happen. */
    :: late_arrives(0)
#if LATE > 1
    :: late_arrives(1)
#endif
    od
}

/* ---- People, and what befalls robots. ---- */

proctype People() {
#ifdef PAUSE_IN_TWO
    bool seen;
#endif
    do
    :: _pid > 0
    :: atomic { changes > 0 && PLACES(0) > 0 && jobs[0].outcomes == 0 -> changes--; d_step { cancel(0) } }
#if ALL > 1
    :: atomic { changes > 0 && PLACES(1) > 0 && jobs[1].outcomes == 0 -> changes--; d_step { cancel(1) } }
#endif
#if RETRIED
    /* SubmitQueries.retry: the dead letter is marked, and its job submitted anew. */
    :: d_step { changes > 0 && jobs[0].letter ->
        changes--;
        jobs[0].letter = false;
        jobs[ALL - 1].ready = true;
        stored(ALL - 1)
       }
#endif
#ifdef PAUSED
#ifdef PAUSE_IN_TWO
    /* That it waits is looked up first, and taken for granted when it is taken aside. */
    :: d_step { changes > 0 && WAITS(0) && !seen -> changes--; seen = true }
    :: d_step { seen ->
        seen = false;
        jobs[0].ready = false;
        jobs[0].scheduled = false;
        jobs[0].paused = true;
        jobs[0].kept = true;
        stored(0)
       }
#else
    :: d_step { changes > 0 && (WAITS(0) || jobs[0].leased && !jobs[0].pausing) -> changes--; pause(0) }
#endif
    :: d_step { changes > 0 && (jobs[0].paused || jobs[0].pausing) -> changes--; resume(0) }
#endif
#ifdef ANSWERED
    :: d_step { changes > 0 && ASKS(0) -> changes--; resolve(0, RESULT) }
    /* That it may happen twice then is what the person takes upon themselves. */
    :: d_step { changes > 0 && ASKS(0) -> changes--; jobs[0].performed = 0; resolve(0, ABSENT) }
#endif
    :: atomic { changes > 0 && !robots[0].stopping -> changes--; robots[0].stopping = true }
    od
}

#ifdef CRASHY
/* Again and again, while it has a job. */
#define MAY_DIE(r) (robots[r].working != NO_JOB)
#define COST 0
#else
#define MAY_DIE(r) (faults > 0 && (robots[r].open != NONE || late[0].kind == OPEN && late[0].robot == r))
#define COST 1
#endif

inline befalls(r) {
    if
    :: d_step { MAY_DIE(r) ->
        faults = faults - COST;
        ends(r)
       }
    /* Cut off for longer than it may go on. */
    :: d_step { robots[r].open != NONE && faults > 0 -> faults--; end_service(r) }
    /* Cut off and going on, while the sweep does not wait; then it comes back, or gives up. */
    :: d_step { robots[r].open != NONE && !robots[r].excepted && faults > 0 -> faults--; robots[r].excepted = true }
    :: d_step { robots[r].excepted && !sessions[robots[r].open].ended -> robots[r].excepted = false }
    :: d_step { robots[r].excepted -> end_service(r) }
#ifdef RESCUED
    :: d_step { robots[r].working != NO_JOB && RUNS(r, robots[r].working) && !robots[r].hung && faults > 0 ->
        faults--;
        robots[r].hung = true
       }
#endif
    fi
}

proctype World() {
    byte i;
    do
    :: _pid > 0
    :: befalls(0)
    :: befalls(1)
    od
}

#ifdef RESCUED
/* A lease of a session that has ended does not stay. */
ltl rescued { [] (ORPHANED(0) -> <> !ORPHANED(0)) }
#endif
#ifdef DRAINS
/* When nothing befalls the robots any more, the job ends without a person, unless it asks one. */
ltl drains { <> (jobs[0].outcomes > 0 || jobs[0].blocked) }
#endif

init {
    byte i;
    d_step {
        for (i : 0 .. JOBS - 1) { jobs[i].ready = true; stored(i) }
        for (i : 0 .. ROBOTS - 1) {
            robots[i].open = NONE;
            robots[i].working = NO_JOB;
            robots[i].named = NO_JOB
        }
        i = 0
    }
    atomic {
        run Runner(0); run Runner(1); run Keeper(0); run Keeper(1); run Sweep(); run Promotion();
        run Network(); run People(); run World()
    }
}
