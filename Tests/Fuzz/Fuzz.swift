// Gives inputs to one of the readers of what others send, and ends at a fault. Which of them is said by TARGET in the
// environment. Built with libFuzzer (make fuzz) it makes the inputs up, and its arguments are libFuzzer's
// (https://llvm.org/docs/LibFuzzer.html); built otherwise it plays the files in the directories that it is given.

internal import Foundation

enum Fuzz {
  /// What the inputs are for.
  static let target: any FuzzTarget.Type = {
    let targets: [any FuzzTarget.Type] = [
      Frames.self, Envelopes.self, Requests.self, Messages.self, Settings.self, Rows.self,
    ]
    let name = ProcessInfo.processInfo.environment["TARGET"]
    if let target = targets.first(where: { $0.name == name }) {
      target.prepare()
      return target
    }
    let names = targets.map { $0.name }.joined(separator: ", ")
    FileHandle.standardError.write(Data("tokend-fuzz: say what is to be read: TARGET is one of \(names)\n".utf8))
    exit(2)
  }()
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    Fuzz.target.play(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  }
#else
  @main enum Player {
    static func main() throws {
      var played = 0
      for directory in CommandLine.arguments.dropFirst() {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
          Fuzz.target.play([UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))))
          played += 1
        }
      }
      print("\(Fuzz.target.name): \(played) inputs")
      exit(played > 0 ? 0 : 1)
    }
  }
#endif
