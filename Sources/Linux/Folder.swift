// The names in a directory, and whose it is.

private import Glibc

/// A directory as it was when it was listed.
package struct Folder: Sendable {
  package let ownership: System.Ownership
  /// The names in it that were asked for, in the order of their bytes.
  package let names: [String]

  /// Lists the directory at `path`.
  /// - Parameter most: how many names are taken; which, if there are more, is the system's choice.
  /// - Parameter isWanted: which names are taken. One that is not UTF-8 comes with replacement characters.
  /// - Returns: nil if nothing is at `path`.
  /// - Throws: ENOTDIR if no directory is there. The calls are open(2), fstat(2) and readdir(3).
  package init?(_ path: String, most: Int, where isWanted: (String) -> Bool) throws(Errno) {
    let opened = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if opened < 0, errno == ENOENT { return nil }
    guard opened >= 0 else { throw .last(in: "open") }
    var file = stat()
    guard unsafe fstat(opened, &file) == 0, let stream = unsafe fdopendir(opened) else {
      let error = Errno.last(in: "fdopendir")
      _ = close(opened)
      throw error
    }
    // It closes the descriptor, too.
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while names.count < most {
      // Only errno tells an error from the end.
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw .last(in: "readdir") }
        break
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if isWanted(name) { names.append(name) }
    }
    ownership = System.Ownership(uid: file.st_uid, mode: file.st_mode & 0o7777)
    self.names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
