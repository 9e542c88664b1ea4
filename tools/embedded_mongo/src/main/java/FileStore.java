import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.ArrayFilters;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.Cursor;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.QueryParameters;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/** Data in a file, which survives a restart. */
final class FileStore extends H2Backend {
    private final Likeness likeness;

    FileStore(String file, Likeness likeness) {
        super(file);
        this.likeness = likeness;
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String databaseName) {
        MVStore store = getMvStore();
        return new H2Database(databaseName, store, getCursorRegistry()) {
            @Override
            protected MongoCollection<Object> openOrCreateCollection(String collectionName, CollectionOptions options) {
                // By the names H2Database gives them, and looks for when it drops or moves a collection.
                String namespace = getFullCollectionNamespace(collectionName);
                return new Collection(this, collectionName, options, store.openMap("databases." + namespace),
                    store.openMap("meta." + namespace), cursorRegistry);
            }

            @Override
            protected Index<Object> openOrCreateUniqueIndex(
                String collectionName, String indexName, List<IndexKey> keys, boolean sparse) {
                return MemberIndex.isMeantBy(keys)
                    ? new MemberIndex<>(indexName, keys, sparse)
                    : super.openOrCreateUniqueIndex(collectionName, indexName, keys, sparse);
            }
        };
    }

    private final class Collection extends H2Collection {
        /** What it finds then, it changes in place. */
        private boolean isFindingToModify;

        Collection(H2Database database, String name, CollectionOptions options, MVMap<Object, Document> data,
            MVMap<String, Object> meta, CursorRegistry cursors) {
            super(database, name, options, data, meta, cursors);
        }

        @Override
        public synchronized List<Document> insertDocuments(List<Document> documents, boolean isOrdered) {
            documents.forEach(likeness::fill);
            return super.insertDocuments(documents, isOrdered);
        }

        @Override
        public synchronized Document updateDocuments(Document selector, Document update, ArrayFilters arrayFilters,
            boolean isMulti, boolean isUpsert, Oplog oplog) {
            Document leftAlone = likeness.leftAlone(update);
            List<Document> found = leftAlone.isEmpty() ? List.of() : found(selector, isMulti);
            Document result =
                super.updateDocuments(selector, likeness.filled(update), arrayFilters, isMulti, isUpsert, oplog);
            for (Document document : found) {
                Object id = document.get(getIdField());
                Document stored = getDocument(Missing.ofNullable(id));
                stored.putAll(leftAlone);
                handleUpdate(id, document, stored);
            }
            return result;
        }

        /** The documents that an update is going to change. */
        private List<Document> found(Document selector, boolean isMulti) {
            List<Document> found = queryDocuments(selector, null, 0, 0, 0, null).collectDocuments();
            return isMulti || found.isEmpty() ? found : found.subList(0, 1);
        }

        @Override
        public synchronized QueryResult handleQuery(QueryParameters parameters) {
            QueryResult result = super.handleQuery(parameters);
            return isFindingToModify ? result : Copies.of(result);
        }

        @Override
        protected Cursor createCursor(List<Document> remaining) {
            return super.createCursor(Copies.of(remaining));
        }

        @Override
        public synchronized Document findAndModify(Document query) {
            query.computeIfPresent("update", (key, update) -> likeness.filled((Document) update));
            isFindingToModify = true;
            try {
                return super.findAndModify(query).cloneDeeply();
            } finally {
                isFindingToModify = false;
            }
        }
    }
}
