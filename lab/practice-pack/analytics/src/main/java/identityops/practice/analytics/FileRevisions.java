// SPDX-License-Identifier: GPL-3.0-or-later
package identityops.practice.analytics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** FileSystemPersistenceStore of state.persistence: revisions as files, one folder an application. Another node cannot read them. */
final class FileRevisions extends Revisions {
    private final Path folder;

    FileRevisions(Path folder, int revisionsToKeep) {
        super(revisionsToKeep);
        this.folder = folder;
    }

    @Override
    void write(String application, String revision, byte[] state) throws IOException {
        Files.createDirectories(folder.resolve(application));
        Files.write(folder.resolve(application).resolve(revision), state);
    }

    @Override
    byte[] read(String application, String revision) throws IOException {
        return Files.readAllBytes(folder.resolve(application).resolve(revision));
    }

    @Override
    List<String> list(String application) throws IOException {
        Path own = folder.resolve(application);
        if (!Files.isDirectory(own)) {
            return Stream.<String>empty().collect(Collectors.toList());
        }
        try (Stream<Path> files = Files.list(own)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toList());
        }
    }

    @Override
    void delete(String application, String revision) throws IOException {
        Files.deleteIfExists(folder.resolve(application).resolve(revision));
    }
}
