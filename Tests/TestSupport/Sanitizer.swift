import Glibc

/// Whether AddressSanitizer runs with this process: it ends the process at what malloc would refuse, and turns faults into exits.
public enum Sanitizer {
  public static let isActive = dlsym(nil, "__asan_init") != nil
}
