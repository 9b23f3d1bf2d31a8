#if Tools
  import Glibc
  import Synchronization

  /// Ctrl-C, as a question that the measuring asks between samples.
  enum Interrupt {
    private static let flag = Atomic(false)

    static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// From now on the first Ctrl-C only sets the flag; the second one ends the process as usual.
    static func listen() {
      flag.store(false, ordering: .relaxed)  // also initialises the flag, which a signal handler must not do
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in Interrupt.flag.store(true, ordering: .relaxed) }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | Int32(SA_RESTART)
      sigaction(SIGINT, &action, nil)
      // Whoever started this process may have had it blocked, and children inherit that.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
  }
#endif
